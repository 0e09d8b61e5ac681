# SPDX-License-Identifier: Apache-2.0
"""The deployment that most suites use: a bookkeeping API, three issuers with different keys, own policies."""
from .deployment import Deployment
from .gateway import Gateway
from .keyserver import KeyServer
from .tokens import SigningKey, TokenIssuer

CONFIGURATION = """\
data: state
listeners:
  grpc: { address: "127.0.0.1:{grpc}", protocols: [apigee, health, reflection] }
  http: { address: "127.0.0.1:{http}", protocols: [decisions] }
  admin: { address: "127.0.0.1:{admin}", protocols: [metrics, health] }
gateways:
  harbour: { keys: ["file:secrets/gate-a.key", "file:secrets/gate-b.key"], forwarded_headers: true }
providers:
  north: { type: oidc, issuer: "@base@/north", audiences: [ledger-api, "urn:ledger"], algorithms: [ES256], clock_skew: 60s@insecure@ }
  south: { type: oidc, issuer: "https://south.example.test/", audiences: [ledger-api], jwks_url: "@base@/south/keys", algorithms: [RS256, PS256]@insecure@ }
  east: { type: oidc, issuer: "urn:tidewater:east", audiences: [ledger-api], jwks_file: east.json, algorithms: [EdDSA] }
apis:
  ledger:
    match: { hosts: [ledger.example.test], proxies: [ledger-v3], base_path: /ledger/v3 }
    providers: [north, south, east]
    credentials: [authorization, "header:x-ledger-token", "query:access", "cookie:ledger"]
    routes:
      - { name: entry.show, match: { methods: [GET, HEAD], path: "/entries/{entry}" } }
      - { name: entry.add, match: { methods: [POST], path: "/entries" }, action: entry.add, headers: [x-user, x-scopes] }
      - { name: entry.void, match: { methods: [POST], path: "/entries/{entry}/void" }, action: entry.void, on_deny: fault }
      - { name: report.show, match: { methods: [GET], path: "/reports/{year}/{month}" }, action: report.show }
policies: { directory: policies, schema: generated }
audit: { mode: strict, origin: tidewater/one, key: "file:secrets/log.key", checkpoint_interval: 100ms }
"""

# Added to every provider whose keys come from this machine over plain HTTP.
INSECURE = ", allow_insecure: true"

POLICIES = {
    "entries.cedar": """\
@id("entry.show")
permit (principal is User, action == Action::"GET", resource == Route::"entry.show")
when { principal.scopes.contains("ledger:read") };

@id("entry.show.head")
permit (principal is User, action == Action::"HEAD", resource == Route::"entry.show")
when { principal.scopes.contains("ledger:read") };

@id("entry.frozen")
@reason("Entry 13 is frozen.")
forbid (principal, action, resource == Route::"entry.show")
when { resource has entry && resource.entry == "13" };

@id("entry.add")
permit (principal is User, action == Action::"entry.add", resource in Api::"ledger")
when { principal.scopes.containsAll(["ledger:read", "ledger:write"]) };

@id("entry.void")
permit (principal == User::"east/vera", action == Action::"entry.void", resource);
""",
    "reports.cedar": """\
@id("report.office")
permit (principal is User, action == Action::"report.show", resource)
when {
  context.request has client_ip && context.request.client_ip.isInRange(ip("203.0.113.0/24"))
  && resource has year && resource.year != "1999"
};
""",
}


class Scenario:
    """Key server, issuers and deployment of the bookkeeping API."""

    def __init__(self, binary, configuration=CONFIGURATION, policies=None, files=None):
        self.keys = KeyServer()
        self.north_keys = [SigningKey("ES256", "north-1"), SigningKey("ES256", "north-2")]
        self.north = TokenIssuer(self.keys.base + "/north", "ledger-api", self.north_keys)
        self.south = TokenIssuer("https://south.example.test/", "ledger-api",
                                 [SigningKey("RS256", "south-rs"), SigningKey("PS256", "south-ps")])
        self.east = TokenIssuer("urn:tidewater:east", "ledger-api", [SigningKey("EdDSA", "east-ed")])
        self.keys.put_issuer("/north", self.north)
        self.keys.put("/south/keys", self.south.key_set())
        text = configuration.replace("@base@", self.keys.base).replace("@insecure@", INSECURE)
        self.deployment = Deployment(binary, text, dict(policies or POLICIES),
                                     dict(files or {}, **{"east.json": self.east.key_set()}))

    def __enter__(self):
        self.deployment.__enter__()
        return self

    def __exit__(self, *_):
        self.deployment.__exit__()
        self.keys.close()

    def start(self, **options):
        self.deployment.start(**options)
        return self

    def gateway(self, **fields):
        fields.setdefault("key", self.deployment.gateway_key)
        return Gateway(self.deployment.target, **fields)
