#!/usr/bin/env python3
"""Checks who includes whom: the rooms of server/ form a DAG, and every third-party library has one door.

    include_dag.py [--root DIR]    prints file:line and the broken rule, exits 1 if there is one
    include_dag.py --self-test     breaks every rule once in a scratch tree and expects the finding
"""
import argparse
import pathlib
import re
import sys
import tempfile

# Room -> the rooms that it may include. server/CMakeLists.txt links the same list.
ROOMS = {
    "base": "",
    "protocol": "base",
    "model": "base protocol",
    "store": "base protocol model",
    "rules": "base protocol model store chaos",
    "chaos": "base protocol model",
    "insight": "base protocol model store chaos rules",
    "snapshot": "base protocol model store chaos rules",
    "http": "base",
    "delivery": "base protocol model store chaos http",
    "engine": "base protocol model store rules chaos http delivery",
    "console": "base",
    "mcp": "base protocol",
    "api": "base protocol model store rules insight chaos snapshot http delivery engine console mcp",
    "client": "base protocol http",
    "document": "base protocol",
    "application": "base protocol http client document",
    "scenario": "base protocol http client document application",
    "certify": "base protocol http client document application scenario",
    "app": "base protocol model store rules insight chaos snapshot http delivery engine console mcp api",
    "cli": "base protocol mcp insight app client document application scenario certify",
}
# Folder within a room -> the folders that may include it besides itself.
FOLDERS = {
    "store/sqlite": "app snapshot",
    "api/partner": "",
    "api/control": "app",
}
MAIN = "main.cpp"
MAIN_MAY = {"base", "cli"}

# Header of a library -> the files of server/ that may include it, and how many may at most.
DOORS = [
    (r"httplib\.h", r"http/\w+\.(h|cpp)", None),
    (r"curl/.*", r"http/\w+\.(h|cpp)", None),
    (r"sqlite3.*\.h", r"store/sqlite/\w+\.(h|cpp)", 2),  # the connection, and the file system beneath it
    (r"openssl/.*", r"base/(crypto\w*|ed25519|openssl)\.(h|cpp)", None),
    (r"base/openssl\.h", r"base/\w+\.cpp", None),
    (r"pcre2\.h", r"base/pattern\.cpp", None),
    (r"zlib\.h", r"base/compression\.cpp", None),
    (r"spdlog/.*", r"base/log\.cpp", None),
    (r"CLI/.*", r"cli/\w+\.(h|cpp)", None),
    (r"nlohmann/.*", r"base/json\.h", None),
]
# httplib.h takes seconds to compile and its classes must not spread.
HTTPLIB_UNITS = 2

# What is no code: comments, raw and plain strings, characters.
NO_CODE = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"(?P<mark>[^(\s]*)\(.*?\)(?P=mark)"|"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'', re.DOTALL)
INCLUDE = re.compile(r'\s*#\s*include\s*([<"])([^>"]+)[>"]')
ROOM_LINE = re.compile(r"^zest_room\((\w+)([^)]*)\)", re.MULTILINE)


def read_includes(server):
    """{path relative to server/: [(line number, '<' or '"', header)]}"""
    found = {}
    for path in sorted(server.rglob("*")):
        if path.suffix in (".h", ".cpp"):
            lines = path.read_text(encoding="utf-8").splitlines()
            matches = [(number, INCLUDE.match(line)) for number, line in enumerate(lines, 1)]
            found[path.relative_to(server).as_posix()] = [(n, m[1], m[2]) for n, m in matches if m]
    return found


def read_namespaces(server):
    """{path relative to server/: [(line number, room whose namespace is named there)]}"""
    named = re.compile(r"(?<![\w:])(?:zest::)?(" + "|".join(ROOMS) + r")\s*::(?!:)")
    found = {}
    for path in sorted(server.rglob("*")):
        if path.suffix in (".h", ".cpp"):
            text = path.read_text(encoding="utf-8")
            code = NO_CODE.sub(lambda match: "\n" * match[0].count("\n"), text)
            found[path.relative_to(server).as_posix()] = [
                (code.count("\n", 0, match.start()) + 1, match[1]) for match in named.finditer(code)]
    return found


def check_namespaces(namespaces):
    for name, uses in namespaces.items():
        room = name.split("/")[0]
        allowed = MAIN_MAY if name == MAIN else set(ROOMS.get(room, "").split()) | {room}
        for line, target in uses:
            if target not in allowed:
                yield name, line, f"{room} may not use {target}::"


def check_rooms(includes):
    for name, lines in includes.items():
        room = name.split("/")[0]
        if "/" not in name:
            if name != MAIN:
                yield name, 1, f"only {MAIN} lies outside the rooms"
                continue
            allowed = MAIN_MAY
        elif room not in ROOMS:
            yield name, 1, f"unknown room {room}"
            continue
        else:
            allowed = set(ROOMS[room].split()) | {room}
        for line, mark, header in lines:
            target = header.split("/")[0]
            if mark == "<":
                if target in ROOMS and "/" in header:
                    yield name, line, f"a project header is included with quotes: {header}"
            elif header not in includes:
                yield name, line, f'no such header below server/: "{header}"'
            elif target not in allowed:
                yield name, line, f"{room} may not include {target} ({header})"
            else:
                folder, own = header.rpartition("/")[0], name.rpartition("/")[0]
                if folder in FOLDERS and own != folder and own not in FOLDERS[folder].split():
                    yield name, line, f"{own} may not include {folder} ({header})"


def check_doors(includes):
    for pattern, door, at_most in DOORS:
        users = [(name, line, header) for name, lines in includes.items() for line, _, header in lines
                 if re.fullmatch(pattern, header)]
        for name, line, header in users:
            if not re.fullmatch(door, name):
                yield name, line, f"{header} may be included only by {door}"
        files = sorted({name for name, _, _ in users})
        if at_most and len(files) > at_most:
            yield files[at_most], 1, f"{pattern} is included by more than {at_most} file(s): {', '.join(files)}"


def check_httplib_units(includes):
    def reaches(name, seen):
        for _, _, header in includes.get(name, ()):
            if header == "httplib.h":
                return True
            if header in includes and header not in seen:
                seen.add(header)
                if reaches(header, seen):
                    return True
        return False

    units = [name for name in includes if name.endswith(".cpp") and reaches(name, set())]
    if len(units) > HTTPLIB_UNITS:
        yield units[-1], 1, f"httplib.h is part of more than {HTTPLIB_UNITS} translation units: {', '.join(units)}"


def check_cmake(server):
    listed = {}
    for match in ROOM_LINE.finditer((server / "CMakeLists.txt").read_text(encoding="utf-8")):
        rooms, collecting = [], False
        for word in match[2].split():
            if word in ("ROOMS", "LIBRARIES"):
                collecting = word == "ROOMS"
            elif collecting:
                rooms.append(word)
        listed[match[1]] = set(rooms)
    for room in sorted(set(listed) | set(ROOMS)):
        if listed.get(room) != set(ROOMS.get(room, "?").split()):
            yield "CMakeLists.txt", 1, f"the rooms of {room} differ from those in tests/include_dag.py"


def check(root):
    server = root / "server"
    includes = read_includes(server)
    if not includes:
        return ["server: no sources found"]
    findings = [*check_rooms(includes), *check_namespaces(read_namespaces(server)), *check_doors(includes),
                *check_httplib_units(includes), *check_cmake(server)]
    return [f"server/{name}:{line}: {rule}" for name, line, rule in findings]


def write_tree(root, files):
    cmake = "".join(f"zest_room({room} ROOMS {rooms} LIBRARIES X)\n" for room, rooms in ROOMS.items())
    for name, text in {"CMakeLists.txt": cmake, **files}.items():
        path = root / "server" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def self_test():
    clean = {
        "main.cpp": '#include "cli/run.h"\n',
        "base/error.h": "#include <string>\n",
        "base/json.h": "#include <nlohmann/json.hpp>\n",
        "base/log.cpp": "#include <spdlog/spdlog.h>\n",
        "base/crypto.cpp": '#include "base/error.h"\n#include <openssl/evp.h>\n',
        "model/event.h": '#include "base/error.h"\n',
        "store/sqlite/db.cpp": "#include <sqlite3.h>\n",
        "store/sqlite/gathered_log.cpp": "#include <sqlite3.h>\n",
        "http/core.h": "#include <httplib.h>\n",
        "http/listener.cpp": '#include "http/core.h"\n',
        "http/caller.cpp": "#include <curl/curl.h>\n#include <httplib.h>\n",
        "cli/run.h": "#include <CLI/CLI.hpp>\n",
    }
    cases = [
        ({}, None),
        ({"base/bad.h": '#include "model/event.h"\n'}, "server/base/bad.h:1: base may not include model"),
        ({"rules/bad.cpp": '\n#include "http/core.h"\n'}, "server/rules/bad.cpp:2: rules may not include http"),
        ({"main.cpp": '#include "model/event.h"\n'}, "server/main.cpp:1: main.cpp may not include model"),
        ({"rules/bad.cpp": "// http::x\n\nvoid f(http::Call);\n"}, "server/rules/bad.cpp:3: rules may not use http::"),
        ({"rules/good.cpp": '// http::x\n/* http::\n */ auto x = "http::y" R"(http::\nz)";  my_http::z(std::http::z);\n'}, None),
        ({"rules/bad.cpp": '/* \n */ using zest::engine::Engine;\n'}, "server/rules/bad.cpp:2: rules may not use engine::"),
        ({"other.cpp": ""}, "server/other.cpp:1: only main.cpp"),
        ({"attic/old.h": ""}, "server/attic/old.h:1: unknown room attic"),
        ({"model/bad.h": '#include "event.h"\n'}, "server/model/bad.h:1: no such header"),
        ({"model/bad.h": '  #  include "../base/error.h"\n'}, "server/model/bad.h:1: no such header"),
        ({"model/bad.h": "#include <base/error.h>\n"}, "server/model/bad.h:1: a project header"),
        ({"api/bad.cpp": "#include <httplib.h>\n"}, "server/api/bad.cpp:1: httplib.h may be included only by"),
        ({"http/third.cpp": '#include "http/core.h"\n'}, "server/http/third.cpp:1: httplib.h is part of more than 2"),
        ({"delivery/bad.cpp": "#include <curl/curl.h>\n"}, "server/delivery/bad.cpp:1: curl/curl.h may be"),
        ({"rules/bad.cpp": "#include <sqlite3.h>\n"}, "server/rules/bad.cpp:1: sqlite3.h may be"),
        ({"store/bad.cpp": "#include <sqlite3.h>\n"}, "server/store/bad.cpp:1: sqlite3.h may be"),
        ({"store/sqlite/x.h": "", "store/bad.cpp": '#include "store/sqlite/x.h"\n'},
         "server/store/bad.cpp:1: store may not include store/sqlite"),
        ({"store/sqlite/x.h": "", "store/sqlite/y.cpp": '#include "store/sqlite/x.h"\n'}, None),
        ({"api/control/x.h": "", "api/pipeline/bad.cpp": '#include "api/control/x.h"\n'},
         "server/api/pipeline/bad.cpp:1: api/pipeline may not include api/control"),
        ({"store/sqlite/two.cpp": "#include <sqlite3.h>\n"}, "server/store/sqlite/two.cpp:1: sqlite3.*\\.h is included by more"),
        ({"base/id.cpp": "#include <openssl/sha.h>\n"}, "server/base/id.cpp:1: openssl/sha.h may be"),
        ({"base/openssl.h": "", "store/x.cpp": '#include "base/openssl.h"\n'}, "server/store/x.cpp:1: base/openssl.h may"),
        ({"base/log.h": "#include <spdlog/logger.h>\n"}, "server/base/log.h:1: spdlog/logger.h may be"),
        ({"app/bad.cpp": "#include <CLI/CLI.hpp>\n"}, "server/app/bad.cpp:1: CLI/CLI.hpp may be"),
        ({"api/bad.cpp": "#include <nlohmann/json.hpp>\n"}, "server/api/bad.cpp:1: nlohmann/json.hpp may be"),
        ({"CMakeLists.txt": "zest_room(base ROOMS cli)\n"}, "server/CMakeLists.txt:1: the rooms of base differ"),
    ]
    for files, expected in cases:
        with tempfile.TemporaryDirectory() as scratch:
            write_tree(pathlib.Path(scratch), {**clean, **files})
            findings = check(pathlib.Path(scratch))
        found = not findings if expected is None else any(f.startswith(expected) for f in findings)
        if not found:
            sys.exit(f"self-test: expected {expected}, got {findings} for {files}")
    print(f"{len(cases)} cases behave")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parent.parent)
    parser.add_argument("--self-test", action="store_true")
    arguments = parser.parse_args()
    if arguments.self_test:
        return self_test()
    findings = check(arguments.root)
    print("\n".join(findings) or "every include is allowed")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
