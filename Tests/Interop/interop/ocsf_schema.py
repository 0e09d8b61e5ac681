# SPDX-License-Identifier: Apache-2.0
"""Validates OCSF events, one a line on standard input, against the framework's schema as other people package it.

Runs in an environment with ocsf-json-schema and jsonschema, and prints a line of JSON per problem.
"""
import json
import sys

import jsonschema
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema

VERSION = "1.7.0"

schema, validators, count = OcsfJsonSchemaEmbedded(get_ocsf_schema(VERSION)), {}, 0
for line in sys.stdin:
    event = json.loads(line)
    profiles = tuple(event["metadata"].get("profiles", ()))
    kind = (event["class_uid"], profiles)
    if kind not in validators:
        name = schema.lookup_class_name_from_uid(event["class_uid"])
        validators[kind] = jsonschema.Draft202012Validator(schema.get_class_schema(name, list(profiles)))
    for problem in validators[kind].iter_errors(event):
        place = ".".join(map(str, problem.absolute_path))
        print(json.dumps({"event": event["metadata"]["uid"], "place": place, "problem": problem.message[:300]}))
    count += 1
print(json.dumps({"validated": count}))
