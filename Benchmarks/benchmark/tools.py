# SPDX-License-Identifier: Apache-2.0
"""What the benchmark needs on the machine, and how it is installed and built."""
import os
import pathlib
import shutil
import subprocess
import sys

BENCHMARKS = pathlib.Path(__file__).resolve().parent.parent
REPOSITORY = BENCHMARKS.parent
WORK = BENCHMARKS / ".work"
GO_PACKAGES = "/usr/share/gocode"

# What shows that a package is there, and the package.
NEEDED = [
    (lambda: shutil.which("cc"), "gcc"),
    (lambda: os.path.exists("/usr/include/nghttp2/nghttp2.h"), "libnghttp2-dev"),
    (lambda: shutil.which("protoc"), "protobuf-compiler"),
    (lambda: shutil.which("go"), "golang-go"),
    (lambda: os.path.isdir(GO_PACKAGES + "/src/google.golang.org/grpc"), "golang-google-grpc-dev"),
    (lambda: os.path.isdir(GO_PACKAGES + "/src/github.com/golang/protobuf"), "golang-goprotobuf-dev"),
    (lambda: shutil.which("nginx") or os.path.exists("/usr/sbin/nginx"), "nginx-light"),
    (lambda: shutil.which("taskset"), "util-linux"),
    (lambda: _imports("cryptography"), "python3-cryptography"),
]


class NotReady(Exception):
    """Something is missing that the benchmark cannot get by itself."""


def _imports(module):
    """Whether this interpreter, or the system's, has the module."""
    try:
        __import__(module)
        return True
    except ImportError:
        return os.path.exists("/usr/bin/python3") and subprocess.run(
            ["/usr/bin/python3", "-c", "import " + module], capture_output=True).returncode == 0


def install(say):
    """Installs what is missing through apt, or says in one line what to install."""
    missing = [package for present, package in NEEDED if not present()]
    if not missing:
        return
    command = "apt-get install -y --no-install-recommends " + " ".join(missing)
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise NotReady("these packages are missing; install them with: sudo " + command)
    say("installing " + " ".join(missing))
    environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    for step in ["apt-get update -qq", command]:
        if subprocess.run(step.split(), env=environment, stdout=subprocess.DEVNULL).returncode != 0:
            raise NotReady("`%s` failed; these packages are needed: %s" % (step, " ".join(missing)))


def interpreter_with_cryptography():
    """Continues in the system's interpreter when this one has no `cryptography`."""
    try:
        import cryptography  # noqa: F401
    except ImportError:
        if os.path.realpath(sys.executable) == os.path.realpath("/usr/bin/python3"):
            raise NotReady("the Python package `cryptography` is missing: apt-get install python3-cryptography")
        os.execv("/usr/bin/python3", ["/usr/bin/python3"] + sys.argv)


def _newer(target, sources):
    return target.exists() and all(target.stat().st_mtime >= source.stat().st_mtime for source in sources)


def build_load_generator(say):
    """Compiles loadgen/ and returns the programme's path."""
    folder, target = BENCHMARKS / "loadgen", WORK / "loadgen"
    sources = sorted(folder.glob("*.[ch]"))
    if not _newer(target, sources):
        say("compiling the load generator")
        _run(["cc", "-O2", "-Wall", "-Wextra", "-std=gnu17", "-o", str(target)]
             + [str(s) for s in sources if s.suffix == ".c"] + ["-lnghttp2", "-lm"])
    return target


def build_go_echo(say):
    """Generates the Go stubs, builds the grpc-go echo server in GOPATH mode, returns the programme's path."""
    proto = REPOSITORY / "Tests/Interop/apigee.proto"
    source, target = BENCHMARKS / "grpc-go-echo/main.go", WORK / "grpc-go-echo"
    if _newer(target, [proto, source]):
        return target
    say("building the grpc-go echo server")
    go = WORK / "go"
    environment = dict(os.environ, GO111MODULE="off", GOPATH="%s:%s" % (go, GO_PACKAGES), GOFLAGS="",
                       GOCACHE=str(WORK / "go-cache"))
    (go / "src/echo").mkdir(parents=True, exist_ok=True)
    plugin = WORK / "protoc-gen-go"
    _run(["go", "build", "-o", str(plugin), "github.com/golang/protobuf/protoc-gen-go"], env=environment)
    _run(["protoc", "-I", str(proto.parent), "--plugin=protoc-gen-go=" + str(plugin),
          "--go_out=plugins=grpc:" + str(go / "src"), proto.name], env=environment)
    shutil.copy(source, go / "src/echo/main.go")
    _run(["go", "build", "-o", str(target), "./src/echo"], env=environment, cwd=go)
    return target


def _run(command, **options):
    result = subprocess.run(command, capture_output=True, text=True, **options)
    if result.returncode != 0:
        raise NotReady("`%s` failed:\n%s%s" % (" ".join(command), result.stdout, result.stderr))
