# SPDX-License-Identifier: Apache-2.0
"""Builds the grpc-go client from Debian's Go packages, offline."""
import os
import pathlib
import shutil
import subprocess
import sys

INTEROP = pathlib.Path(__file__).resolve().parent.parent
WORK = INTEROP.parent.parent / ".countersign-test/go"
PACKAGES = "/usr/share/gocode"
NEEDED = "Debian packages golang-go, golang-google-grpc-dev, golang-goprotobuf-dev"


class NotAvailable(Exception):
    """What is missing for a Go client."""


def client():
    """The path of the client's programme, built if it is older than its sources."""
    sources, target = [INTEROP / "grpc-go-client/main.go", INTEROP / "apigee.proto"], WORK / "grpc-go-client"
    if target.exists() and all(target.stat().st_mtime > source.stat().st_mtime for source in sources):
        return target
    if not shutil.which("go") or not all(pathlib.Path(PACKAGES, "src", name).is_dir() for name in (
            "google.golang.org/grpc", "github.com/golang/protobuf")):
        raise NotAvailable("no Go with gRPC (%s)" % NEEDED)
    (WORK / "src/client").mkdir(parents=True, exist_ok=True)
    environment = dict(os.environ, GO111MODULE="off", GOPATH="%s:%s" % (WORK, PACKAGES), GOFLAGS="",
                       GOCACHE=str(WORK / "cache"))
    plugin = WORK / "protoc-gen-go"
    run(["go", "build", "-o", plugin, "github.com/golang/protobuf/protoc-gen-go"], environment)
    run([sys.executable, "-m", "grpc_tools.protoc", "-I", INTEROP, "--plugin=protoc-gen-go=%s" % plugin,
         "--go_out=plugins=grpc:%s" % (WORK / "src"), "apigee.proto"], environment)
    shutil.copy(sources[0], WORK / "src/client/main.go")
    run(["go", "build", "-o", target, "./src/client"], environment)
    return target


def run(command, environment):
    result = subprocess.run([str(part) for part in command], cwd=WORK, env=environment, capture_output=True, text=True)
    if result.returncode != 0:
        raise NotAvailable("`%s` failed: %s" % (" ".join(map(str, command)), result.stderr[-600:]))
