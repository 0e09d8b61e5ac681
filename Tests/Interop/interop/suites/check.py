# SPDX-License-Identifier: Apache-2.0
"""`countersign check` prints every problem of the configuration and of what it names, at once."""
import re

from ..scenario import CONFIGURATION, POLICIES, Scenario


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
