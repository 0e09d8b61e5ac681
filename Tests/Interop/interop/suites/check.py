# SPDX-License-Identifier: Apache-2.0
"""`countersign check` prints every problem of the configuration and of what it names, at once."""
import re

from ..scenario import CONFIGURATION, POLICIES, Scenario

# What reads one file, and what reads a file or a directory, of policies for example.
FILE = ["check @", "serve --config @", "policy validate --schema @ policies", "policy validate --schema schema --requests @ policies",
        "policy validate --schema schema --entities @ policies", "policy convert @", "token verify --cases @",
        "keys list --config @", "revoke --subject a --config @", "audit prove --check @ --key KEY"]
FILES = ["policy validate --schema schema @", "policy format @", "fmt @", "replay --log log --policies @"]


def run(binary, report, options):
    with Scenario(binary) as scenario:
        code, output = scenario.deployment.run("check", scenario.deployment.file)
        report.equal("a good file", code, 0)
    text = CONFIGURATION.replace("clock_skew: 60s", "clock_skew: 60").replace("mode: strict", "mode: strickt")
    text = text.replace("data: state", "data: state\ncolour: red").replace("gate-b.key", "absent.key")
    with Scenario(binary, text, dict(POLICIES, **{"bad.cedar": "permit (principal, action);\n"})) as scenario:
        code, output = scenario.deployment.run("check", scenario.deployment.file)
        report.equal("a bad file: exit code", code, 1)
        for part in ("colour", "clock_skew", "strickt", "absent.key", "bad.cedar:1"):
            report.contains("names " + part, output, part)
        lines = [line for line in output.splitlines() if line.strip()]
        report.check("at least five lines of the form file:line: ...", sum(bool(re.match(r"^\S+:\d+: ", line))
                     for line in lines) >= 5, output)
        report.guard("unreadable", unreadable, report, scenario.deployment)


def unreadable(report, deployment):
    """What is not there, or is a directory, cannot be read: that is another thing than what is not in order."""
    deployment.write("schema", "entity User; entity Doc; action read appliesTo { principal: User, resource: Doc };")
    for command, place in [(command, place) for command in FILE for place in ("none", "policies")] + [(each, "none") for each in FILES]:
        values = {"@": str(deployment.folder / place), "KEY": deployment.verifier_key}
        code, output = deployment.run(*(values.get(part, part) for part in command.split()))
        report.check("exit code 3: %s (%s)" % (command, place), code == 3, (code, output[-300:]))
