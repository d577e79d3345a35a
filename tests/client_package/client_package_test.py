"""Installs the C++ client library; builds client/example, and a shared library, with nothing but what was installed.

Usage: client_package_test.py BUILD_DIRECTORY SOURCE_DIRECTORY WORK_DIRECTORY CMAKE COMPILER [LAUNCHER]
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys

INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.MULTILINE)
# What a public header may include besides the package's own: protobuf, Abseil, and the standard library, which has no
# folders and no suffix.
OTHERS = re.compile(r"(google/protobuf/[\w./]+\.h|absl/[\w./]+\.h|[a-z_]+)$")
# And what of the machine the compiler may come by on that way.
SYSTEM = re.compile(r"/usr/(include/(google/protobuf|absl|c\+\+)/|lib/gcc/|include/(x86_64|aarch64)-linux-gnu/"
                    r"|include/(asm-generic|linux)/|include/[\w.-]+\.h$)")


def run(*command, **options):
    done = subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options)
    if done.returncode != 0:
        sys.exit(f"failed: {' '.join(map(str, command))}\n{done.stdout}")
    return done.stdout


def install(cmake, build, prefix):
    run(cmake, "--install", build, "--component", "client", "--prefix", prefix)
    files = [path.relative_to(prefix).as_posix() for path in prefix.rglob("*") if path.is_file()]
    strangers = [file for file in files
                 if not re.match(r"include/concero_gateway/|lib/([\w-]+/)?(libconcero_\w+\.a$|cmake/concero_gateway/)", file)]
    if strangers:
        sys.exit(f"installed beside the package's own places: {strangers}")
    config = "".join(path.read_text() for path in prefix.rglob("*.cmake"))
    if str(build) in config or str(prefix) in config:
        sys.exit("the package names a directory of this machine")


def check_headers(prefix, compiler):
    """Each public header by itself: what it says, and what the compiler finds behind it."""
    include = prefix / "include"
    proto = include / "concero_gateway/proto"
    headers = sorted((include / "concero_gateway").glob("*.h"))
    if len(headers) < 5:
        sys.exit(f"too few headers: {headers}")
    for header in headers:
        for target in INCLUDE.findall(header.read_text()):
            generated = (proto / target).exists() and not target.endswith(".grpc.pb.h")
            ours = target.startswith("concero_gateway/") and (include / target).exists()
            if not (generated or ours or OTHERS.match(target)):
                sys.exit(f"{header.name} includes {target}")
        found = run(compiler, "-std=c++20", "-M", "-I", include, "-I", proto, header)
        for file in found.replace("\\\n", " ").split()[2:]:
            if not (file.startswith(str(include)) or SYSTEM.match(os.path.realpath(file))):
                sys.exit(f"{header.name} needs {file}")


def build_with_package(cmake, source, prefix, build, compiler, launcher):
    options = [f"-DCMAKE_CXX_COMPILER_LAUNCHER={launcher[0]}"] if launcher else []
    # -O0: it runs for a moment.
    run(cmake, "-S", source, "-B", build, "-G", "Ninja", f"-DCMAKE_PREFIX_PATH={prefix}", f"-DCMAKE_CXX_COMPILER={compiler}",
        "-DCMAKE_CXX_FLAGS=-O0 -Wall -Wextra -Wshadow -Werror", *options)
    run(cmake, "--build", build)


def build_example(cmake, source, prefix, build, *tools):
    build_with_package(cmake, source / "client/example", prefix, build, *tools)
    print(run("ctest", "--test-dir", build, "--output-on-failure", "--no-tests=error"))
    said = subprocess.run([build / "invite", "nowhere", "119", "a@b.cd"], text=True, capture_output=True)
    if said.returncode != 2 or "target" not in said.stderr:
        sys.exit(f"invite took a target that is none: {said}")


def build_module(cmake, source, prefix, build, *tools):
    build_with_package(cmake, source / "tests/client_package/module", prefix, build, *tools)
    # In a process of its own: what it links is not for this one.
    code = ("import ctypes, sys; can = ctypes.CDLL(sys.argv[1]).can_connect; can.restype = ctypes.c_bool; "
            "sys.exit(0 if can(b'127.0.0.1:1') and not can(b'nowhere') else 1)")
    run(sys.executable, "-c", code, build / "libmodule.so")


def main():
    build, source, work = map(pathlib.Path, sys.argv[1:4])
    cmake, compiler, *launcher = sys.argv[4:]
    # The same each time, so that ccache knows it again.
    shutil.rmtree(work, ignore_errors=True)
    prefix = work / "prefix"
    install(cmake, build, prefix)
    check_headers(prefix, compiler)
    build_example(cmake, source, prefix, work / "build", compiler, launcher)
    build_module(cmake, source, prefix, work / "module", compiler, launcher)


if __name__ == "__main__":
    main()
