# SPDX-License-Identifier: Apache-2.0
"""Plays the part of Apigee: builds messages, calls over gRPC, reads what the flow would see."""
import grpc

from .report import PATIENCE
from .stubs import messages, services

METHOD = "/apigee.ExternalCalloutService/ProcessMessage"
OPTIONS = [("grpc.max_send_message_length", -1), ("grpc.max_receive_message_length", -1),
           ("grpc.use_local_subchannel_pool", 1)]


def strings(*values):
    return messages.Strings(strings=values)


def variable(value):
    if isinstance(value, bool):
        return messages.FlowVariable(bool=value)
    if isinstance(value, int):
        return messages.FlowVariable(int64=value)
    if isinstance(value, float):
        return messages.FlowVariable(double=value)
    return messages.FlowVariable(string=value)


class Answer:
    """What comes back, as the flow sees it."""

    def __init__(self, message, metadata=()):
        self.message, self.metadata = message, metadata
        self.variables, self.removed = {}, set()
        for name, value in message.additional_flow_variables.items():
            kind = value.WhichOneof("value")
            if kind is None:
                self.removed.add(name)
            else:
                self.variables[name] = (kind, getattr(value, kind))

    def value(self, name):
        return self.variables.get("countersign." + name, (None, None))[1]

    @property
    def reason(self):
        return self.value("reason")

    @property
    def decision(self):
        return self.value("decision")

    @property
    def fault(self):
        return self.message.fault.name if self.message.HasField("fault") else None

    @property
    def allowed(self):
        """Whether Apigee would let the request through: only an explicit allow and no fault."""
        return self.variables.get("countersign.allow") == ("bool", True) and self.fault is None

    def outcome(self):
        return self.fault or "%s:%s" % (self.value("verdict"), self.reason)

    def __repr__(self):
        return "Answer(%s)" % " ".join(str(self.message).split())[:600]


class Gateway:
    """One connection to a server."""

    def __init__(self, target, key=None, host="ledger.example.test", proxy="ledger-v3", base_path="/ledger/v3",
                 credentials=None, server_name=None):
        """`credentials` are gRPC's own for TLS; without them the connection is in plaintext."""
        self.key, self.host, self.proxy, self.base_path = key, host, proxy, base_path
        options = OPTIONS + ([("grpc.ssl_target_name_override", server_name)] if server_name else [])
        self.channel = (grpc.secure_channel(target, credentials, options=options) if credentials
                        else grpc.insecure_channel(target, options=options))
        self.stub = services.ExternalCalloutServiceStub(self.channel)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.channel.close()

    def close(self):
        self.channel.close()

    def message(self, method="GET", path="/entries/1", token=None, headers=None, variables=None, query=None,
                content=None, route=None, host=None, proxy=None, client_ip="203.0.113.77"):
        """A MessageContext of the request flow."""
        full = self.base_path + path
        context = messages.MessageContext()
        request = context.request
        request.uri, request.verb, request.http_version = full + ("?" + query if query else ""), method, "1.1"
        request.headers["host"].CopyFrom(strings(self.host if host is None else host))
        request.headers["accept"].CopyFrom(strings("application/json"))
        if token is not None:
            request.headers["authorization"].CopyFrom(strings("Bearer " + token))
        for name, values in (headers or {}).items():
            values = [values] if isinstance(values, str) else values
            request.headers[name].CopyFrom(strings(*values))
        for pair in query.split("&") if query else ():
            name, _, value = pair.partition("=")
            request.query_params[name].strings.append(value)
        if content is not None:
            request.content = content
        context.api_proxy.name, context.api_proxy.revision = self.proxy if proxy is None else proxy, "7"
        context.proxy.endpoint_name, context.proxy.client_ip = "default", client_ip
        context.proxy.base_path, context.proxy.path_suffix = self.base_path, path
        context.client.ip, context.client.port, context.client.scheme = "198.51.100.1", 443, "https"
        context.current_flow.name = "PreFlow"
        context.message_id = "rrt-0042-77"
        context.organization_name, context.environment_name = "tidewater", "prod-eu"
        values = dict(variables or {})
        if self.key is not None:
            values.setdefault("countersign.key", self.key)
        if route is not None:
            values["countersign.route"] = route
        for name, value in values.items():
            if value is not None:
                context.additional_flow_variables[name].CopyFrom(variable(value))
        return context

    def send(self, message, timeout=PATIENCE):
        answer, call = self.stub.ProcessMessage.with_call(message, timeout=timeout)
        return Answer(answer, call.trailing_metadata())

    def ask(self, *arguments, timeout=PATIENCE, **fields):
        return self.send(self.message(*arguments, **fields), timeout)

    def raw(self, data, timeout=PATIENCE):
        """Sends any bytes as the message; returns an Answer or the gRPC status."""
        call = self.channel.unary_unary(METHOD, request_serializer=None,
                                        response_deserializer=messages.MessageContext.FromString)
        try:
            return Answer(call(data, timeout=timeout))
        except grpc.RpcError as problem:
            return problem.code()
