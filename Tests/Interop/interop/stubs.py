# SPDX-License-Identifier: Apache-2.0
"""Python stubs for apigee.proto, generated when the tests run."""
import importlib
import pathlib
import sys
import tempfile

from grpc_tools import protoc

PROTO = pathlib.Path(__file__).resolve().parent.parent / "apigee.proto"
_folder = tempfile.TemporaryDirectory(prefix="countersign-stubs-")

if protoc.main(["protoc", "-I%s" % PROTO.parent, "--python_out=" + _folder.name, "--grpc_python_out=" + _folder.name,
                PROTO.name]) != 0:
    raise RuntimeError("no stubs from `%s`" % PROTO)
sys.path.insert(0, _folder.name)
messages = importlib.import_module("apigee_pb2")
services = importlib.import_module("apigee_pb2_grpc")
sys.path.remove(_folder.name)
