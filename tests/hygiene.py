#!/usr/bin/env python3
"""Checks what a reader would trip over: paths of somebody's machine, notes of unfinished work, overlong sources, and
names that meet in a unity build.

    hygiene.py [--root DIR]    prints file:line and the broken rule, exits 1 if there is one
    hygiene.py --self-test     breaks every rule once in a scratch tree and expects the finding
"""
import argparse
import os
import pathlib
import re
import subprocess
import sys
import tempfile

MAX_LINES = 450  # of a source or header of server/

# Spelt in pieces, so that this file does not find itself.
MACHINE_PATH = re.compile(r"(?<![\w.$}-])/(?:" + "|".join(["work/", "root/", "home/" + r"\w"]) + ")")
UNFINISHED = re.compile(r"\b(?:" + "|".join(["TO" + "DO", "FIX" + "ME", "HA" + "CK"]) + r")\b")
UNFINISHED_IN = ("server", "tests", "scripts")
# The files of a room are compiled as one unit, so they share their anonymous namespaces. A function of one that has
# the name of another's may be called in its place without a word from the compiler.
ANONYMOUS = re.compile(r"^namespace \{$(.*?)^\}  // namespace$", re.DOTALL | re.MULTILINE)
FUNCTION = re.compile(r"^(?!return|using|else)[A-Za-z_][\w:<>,&* ]*?[ *&](\w+)\(", re.MULTILINE)
EXPECTED_TWICE = re.compile(r"TEST|TEST_[FP]|INSTANTIATE_TEST_SUITE_P|PrintTo")  # macros, and what GoogleTest looks up

NOT_OURS = {".git", "build", ".cache", "__pycache__", "node_modules"}


def project_files(root):
    """The tracked files; without git, as in an unpacked archive, everything but build output."""
    if (root / ".git").exists():
        # The owner of a checkout that CI mounts is often somebody else, which git refuses unless told.
        listing = subprocess.run(
            ["git", "-c", "safe.directory=*", "-C", root, "ls-files", "-z"],
            check=True, capture_output=True).stdout
        yield from (root / os.fsdecode(name) for name in sorted(set(listing.split(b"\0"))) if name)
        return
    for folder, subfolders, names in os.walk(root):
        subfolders[:] = sorted(set(subfolders) - NOT_OURS)
        yield from (pathlib.Path(folder, name) for name in sorted(names))


def check_file(name, text):
    lines = text.splitlines()
    parts = pathlib.PurePosixPath(name).parts
    for number, line in enumerate(lines, 1):
        if match := MACHINE_PATH.search(line):
            yield number, f"a path of one machine: {match[0]}"
        if parts[0] in UNFINISHED_IN and (match := UNFINISHED.search(line)):
            yield number, f"unfinished work: {match[0]}"
    if parts[0] == "server" and name.endswith((".h", ".cpp")) and len(lines) > MAX_LINES:
        yield MAX_LINES + 1, f"{len(lines)} lines, {MAX_LINES} are the limit"


def hidden_functions(text):
    """(line, name) of each function of an anonymous namespace, once a name."""
    found = {}
    for block in ANONYMOUS.finditer(text):
        for match in FUNCTION.finditer(block[1]):
            if not EXPECTED_TWICE.fullmatch(match[1]) and not match[1].startswith("operator"):
                found.setdefault(match[1], text.count("\n", 0, block.start(1) + match.start(1)) + 1)
    return [(line, name) for name, line in found.items()]


def check(root):
    findings = []
    count = 0
    hidden = {}  # (room, name of a function) -> the file that has it
    for path in project_files(root):
        if path.is_symlink() or not path.is_file():
            continue
        data = path.read_bytes()
        if b"\0" in data:
            continue
        count += 1
        name = path.relative_to(root).as_posix()
        text = data.decode("utf-8", "replace")
        findings += [f"{name}:{line}: {rule}" for line, rule in check_file(name, text)]
        if name.startswith(("server/", "tests/")) and name.endswith(".cpp"):
            for line, function in hidden_functions(text):
                room = tuple(name.split("/")[:2])
                other = hidden.setdefault((room, function), name)
                if other != name:
                    findings.append(f"{name}:{line}: {function}() is in an anonymous namespace of {other} too")
    return findings if count else [f"no files found in {root}"]


def self_test():
    clean = {
        "README.md": "Listens at /v1/work/items and /home; see build/root/x and to" + "do lists.\n",
        "server/base/error.h": "// a\n" * MAX_LINES,
        "notes/long.h": "// a\n" * (MAX_LINES + 1),
    }
    hidden = "namespace {\nstd::string text_of(int x) {\n}\n}  // namespace\n"
    cases = [
        ({}, None),
        ({"README.md": "ok\nsee " + "/wo" + "rk/x"}, "README.md:2: a path of one machine"),
        ({"server/a.cpp": '"' + "/ho" + 'me/ann/x"'}, "server/a.cpp:1: a path of one machine"),
        ({"fixtures/a.json": '["' + "/ro" + 'ot/x"]'}, "fixtures/a.json:1: a path of one machine"),
        ({"server/a.cpp": "\n\n// TO" + "DO: more"}, "server/a.cpp:3: unfinished work"),
        ({"tests/a/b_test.cpp": "// FIX" + "ME"}, "tests/a/b_test.cpp:1: unfinished work"),
        ({"scripts/run": "# HA" + "CK"}, "scripts/run:1: unfinished work"),
        ({"server/a/x.cpp": hidden, "server/a/y.cpp": hidden}, "server/a/y.cpp:2: text_of() is in an anonymous"),
        ({"server/a/x.cpp": hidden, "server/a/b/y.cpp": hidden}, "server/a/b/y.cpp:2: text_of() is in an anonymous"),
        ({"server/a/x.cpp": hidden, "server/b/y.cpp": hidden}, None),
        ({"server/a/x.cpp": hidden, "server/a/y.cpp": "std::string text_of(int x) {}\n"}, None),
        ({"server/base/long.cpp": "//\n" * (MAX_LINES + 1)}, f"server/base/long.cpp:{MAX_LINES + 1}: "),
    ]
    for files, expected in cases:
        with tempfile.TemporaryDirectory() as scratch:
            for name, text in {**clean, **files}.items():
                path = pathlib.Path(scratch, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
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
    print("\n".join(findings) or "nothing to trip over")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
