"""The rules of the house that a compiler does not check: who may include whom, which files may be where."""

import pathlib
import posixpath
import re

TOP_LEVEL = {"CMakeLists.txt", "CMakePresets.json", "Dockerfile", "README.md", "dev",
             "proto", "service", "client", "tests", "deploy"}
NOT_OURS = {"build", "data", "node_modules", "__pycache__"}  # made, never committed
VENDORED = ("proto/google/", "proto/grpc/")
CODE = {".cc", ".h", ".py", ".js", ".sh", ".proto", ".cmake"}
MOST_LINES = 400

# Folders of service/, lowest first; each may include those of the rows before its own.
LAYERS = (("base",), ("observe",), ("http", "keys"), ("rest",), ("concero", "proctorexam", "ledger"), ("rpc", "admin"),
          ("app",))

# Within service/: what an include looks like, the files that may have it, and both in words.
LIBRARIES = (
    (r"curl/", r"service/http/", "libcurl belongs in service/http"),
    (r"nlohmann/", r"service/.*codec[^/]*$", "JSON belongs in *codec* files"),
    (r"service/rest/json_\w+\.h$", r"service/(.*codec[^/]*|rest/json_\w+\.(cc|h))$", "JSON belongs in *codec* files"),
    (r"prometheus/", r"service/(observe|admin)/", "Prometheus belongs in service/observe and service/admin"),
    (r"spdlog/", r"service/observe/", "spdlog belongs in service/observe"),
    (r"grpcpp/|grpc/(?!health/)|.*\.grpc\.pb\.h$", r"service/(rpc|app)/", "gRPC belongs in service/rpc and service/app"),
    (r"sqlite3\.h|libpq", r"service/ledger/", "databases belong in service/ledger"),
    (r"(gtest|gmock)/", r"$^", "test libraries belong in tests"),
)
# The same within client/.
CLIENT_LIBRARIES = (
    (r"grpcpp/|grpc/(?!health/)|.*\.grpc\.pb\.h$", r"client/(library|demo)/", "gRPC belongs in client/library"),
    (r"client/library/", r"client/library/", "what is in client/library is its own; others use concero_gateway/"),
    (r"(nlohmann|curl|CLI)/", r"client/(demo|command)/", "the client library has no JSON, no libcurl and no CLI11"),
)
# What the headers that are installed may include.
PUBLIC = re.compile(r"concero_gateway/|google/protobuf/|absl/|[a-z_]+$")
GENERATED = re.compile(r"(concero|proctorexam|gateway|google|grpc)/.*\.pb\.h$")
INCLUDE = re.compile(r'\s*#\s*include\s*[<"]([^>"]+)[>"]')


def files_of(root):
    """Our files, as paths from `root`, in order."""
    root = pathlib.Path(root)
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*")
                  if path.is_file() and not is_made(path.relative_to(root)))


def is_made(path):
    return path.parts[0].startswith(".git") or not NOT_OURS.isdisjoint(path.parts)


def violations(root):
    """One line for each thing in the tree at `root` that breaks a rule; it names the file and the rule."""
    files = files_of(root)
    found = [f"{name}: the top level has only {' '.join(sorted(TOP_LEVEL))} and dotfiles"
             for name in sorted({file.split("/")[0] for file in files} - TOP_LEVEL) if not name.startswith(".")]
    for file in files:
        path = pathlib.Path(root, file)
        if file.startswith(VENDORED) or not (path.suffix in CODE or path.name in ("CMakeLists.txt", "dev")):
            continue
        lines = path.read_text(errors="replace").splitlines()
        if len(lines) > MOST_LINES:
            found.append(f"{file}: {len(lines)} lines; a file has at most {MOST_LINES}")
        if path.suffix in (".cc", ".h"):
            found += include_violations(root, file, lines)
    return found


def include_violations(root, file, lines):
    for number, line in enumerate(lines, 1):
        include = INCLUDE.match(line)
        if not include:
            continue
        target = include[1]
        if not pathlib.Path(root, target).exists():
            beside = posixpath.normpath(posixpath.join(posixpath.dirname(file), target))
            target = beside if pathlib.Path(root, beside).exists() else target
        rule = broken_rule(file, target)
        if rule:
            yield f"{file}:{number}: includes {include[1]}: {rule}"


def broken_rule(file, target):
    """The rule that `file` breaks by including `target`, or None."""
    if file.startswith("service/"):
        return broken_by_service(file, target)
    if file.startswith("client/"):
        return broken_by_client(file, target)
    if file.startswith("tests/sandbox/"):
        if target.startswith(("service/", "client/")) or GENERATED.match(target):
            return "the sandbox shares no code with the gateway"
        if target.startswith("tests/") and not target.startswith("tests/sandbox/"):
            return "the sandbox is a program of its own: it includes no other tests"
    if file.startswith("tests/support/") and target.startswith("tests/") and not target.startswith("tests/support/"):
        return "tests/support is below the tests that use it"
    if target.startswith("tests/sandbox/") and not file.startswith("tests/sandbox/"):
        return "the sandbox is reached as a process, over HTTP"
    return None


def broken_by_client(file, target):
    if target.startswith(("service/", "tests/")):
        return "client knows the gateway only through its protos"
    for library, places, rule in CLIENT_LIBRARIES:
        if re.match(library, target) and not re.match(places, file):
            return rule
    if file.startswith("client/include/") and not (PUBLIC.match(target) or GENERATED.match(target)):
        return "public headers include their own, protobuf, Abseil and the standard library"
    return None


def broken_by_service(file, target):
    if target.startswith(("tests/", "client/")):
        return "service includes neither tests nor client"
    layer = file.split("/")[1]
    rank = rank_of(layer)
    if rank is None:
        return f"service/{layer} has no place in LAYERS of tests/architecture/rules.py"
    if target.startswith("service/"):
        other = target.split("/")[1]
        if other != layer and other not in below(rank):
            return f"includes point down only: {layer} may include {', '.join(below(rank)) or 'no other folder'}"
    elif rank == 0 and GENERATED.match(target):
        return "base knows no protobuf messages"
    for library, places, rule in LIBRARIES:
        if re.match(library, target) and not re.match(places, file):
            return rule
    return None


def rank_of(layer):
    return next((rank for rank, layers in enumerate(LAYERS) if layer in layers), None)


def below(rank):
    return [layer for layers in LAYERS[:rank] for layer in layers]
