"""The Python wheel: the library, and the program with its libraries inside."""
import base64
import hashlib
import io
import time
import zipfile

from parts.archive import Tree
from parts.build import GLIBC, PACKAGING, PROJECT
from parts.tarball import add_licences, add_program, check_glibc
from parts.typeddict import event_module
from parts.typescript import served_documents

LIBRARY = PACKAGING / "python"
EARLIEST = 315532800  # of a zip: 1980

METADATA = """Metadata-Version: 2.1
Name: zest-sandbox
Version: {version}
Summary: A local sandbox of the Zest Partner API for tests
License: MIT
Requires-Python: >=3.9
Classifier: Framework :: Pytest
Classifier: Typing :: Typed
Classifier: Operating System :: POSIX :: Linux
Description-Content-Type: text/markdown

"""
ENTRY_POINTS = """[console_scripts]
zest-sandbox = zest_sandbox.__main__:main

[pytest11]
zest_sandbox = zest_sandbox.pytest_plugin
"""


def record_line(name, content):
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
    return f"{name},sha256={digest},{len(content)}\n"


def write_zip(path, tree, epoch):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as packed:
        for name, (content, mode) in tree.files.items():
            entry = zipfile.ZipInfo(name, time.gmtime(max(epoch, EARLIEST))[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # Unix: the mode below counts
            entry.external_attr = (0o100000 | mode) << 16
            packed.writestr(entry, content)
    path.write_bytes(buffer.getvalue())
    return path


def make_wheel(build, out):
    check_glibc(build)
    tag = f"py3-none-manylinux_{GLIBC[0]}_{GLIBC[1]}_{build.architecture}"
    tree = Tree()
    for path in sorted((LIBRARY / "zest_sandbox").glob("*")):
        if path.suffix == ".py" or path.name == "py.typed":
            text = path.read_text(encoding="utf-8")
            text = text.replace("@VERSION@", build.version).replace("@ARCHITECTURE@", build.architecture)
            tree.add(f"zest_sandbox/{path.name}", text)
    tree.add("zest_sandbox/events.py", event_module(served_documents(build.program)["PartnerApi"]))
    add_program(tree, build, "zest_sandbox/program/")
    info = f"zest_sandbox-{build.version}.dist-info"
    add_licences(tree, build, f"{info}/libraries/")
    tree.add_file(f"{info}/LICENSE", PROJECT / "LICENSE", 0o644)
    tree.add(f"{info}/METADATA", METADATA.format(version=build.version) + (LIBRARY / "README.md").read_text(encoding="utf-8"))
    tree.add(f"{info}/WHEEL", f"Wheel-Version: 1.0\nGenerator: zest-sandbox\nRoot-Is-Purelib: false\nTag: {tag}\n")
    tree.add(f"{info}/entry_points.txt", ENTRY_POINTS)
    record = "".join(record_line(name, content) for name, (content, _) in tree.files.items())
    tree.add(f"{info}/RECORD", record + f"{info}/RECORD,,\n")
    return [write_zip(out / f"zest_sandbox-{build.version}-{tag}.whl", tree, build.epoch)]
