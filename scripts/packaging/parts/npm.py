"""The npm packages: one of JavaScript, and one with the program for this platform, which it names as optional."""
import json

from parts.archive import Tree, write_tar_gz
from parts.build import PACKAGING, PROJECT, Problem
from parts.tarball import add_guides, add_licences, add_program, check_glibc
from parts.typescript import declarations, served_documents

PROCESSORS = {"x86_64": "x64", "aarch64": "arm64"}  # uname's word -> npm's
COMMON = {"license": "MIT", "keywords": ["zest", "sandbox", "webhooks", "testing"]}


def write(out, name, version, tree, epoch):
    packed = Tree()  # npm wants everything below package/
    packed.files = {f"package/{path}": entry for path, entry in tree.files.items()}
    return write_tar_gz(out / f"{name}-{version}.tgz", packed, epoch, folders=False)


def package_json(**members):
    return json.dumps({**members, **COMMON}, indent=2) + "\n"


def make_npm(build, out):
    check_glibc(build)
    if build.architecture not in PROCESSORS:
        raise Problem(f"npm has no word for the processor {build.architecture}, so there is no package for it")
    processor = PROCESSORS[build.architecture]
    platform = f"zest-sandbox-linux-{processor}"
    program = Tree()
    add_program(program, build, "")
    add_licences(program, build, "licenses/")
    program.add_file("LICENSE", PROJECT / "LICENSE")
    program.add("package.json", package_json(
        name=platform, version=build.version, description=f"zest-sandbox for Linux on {processor}", os=["linux"],
        cpu=[processor], libc=["glibc"]))

    library = Tree()
    for name in ("index.js", "index.d.ts", "program.js", "bin/zest-sandbox.js", "README.md"):
        library.add_file(name, PACKAGING / "npm" / name, 0o755 if name.startswith("bin/") else 0o644)
    add_guides(library, "")
    library.add("schemas.d.ts", declarations(served_documents(build.program)))
    library.add_file("LICENSE", PROJECT / "LICENSE")
    library.add("package.json", package_json(
        name="zest-sandbox", version=build.version, description="A local sandbox of the Zest Partner API for tests",
        main="index.js", types="index.d.ts", bin={"zest-sandbox": "bin/zest-sandbox.js"}, engines={"node": ">=18"},
        exports={".": {"types": "./index.d.ts", "default": "./index.js"}, "./package.json": "./package.json"},
        optionalDependencies={platform: build.version}))
    return [write(out, platform, build.version, program, build.epoch),
            write(out, "zest-sandbox", build.version, library, build.epoch)]
