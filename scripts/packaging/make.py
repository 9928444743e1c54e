#!/usr/bin/env python3
"""Makes packages of a build folder; scripts/package calls it after the build.

    make.py --build DIR --out DIR WHAT…

Each package is a function of the build folder, the sources and SOURCE_DATE_EPOCH: the same bytes every time.
"""
import argparse
import hashlib
import pathlib
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from parts.build import Build, Problem, run  # noqa: E402
from parts.image import make_image  # noqa: E402
from parts.npm import make_npm  # noqa: E402
from parts.tarball import make_tarball  # noqa: E402
from parts.wheel import make_wheel  # noqa: E402


def make_deb(build, out):
    with tempfile.TemporaryDirectory() as scratch:
        run("cpack", "-G", "DEB", "--config", build.folder / "CPackConfig.cmake", "-B", scratch,
            environment={"SOURCE_DATE_EPOCH": str(build.epoch)})
        package, = pathlib.Path(scratch).glob("*.deb")
        return [pathlib.Path(shutil.copy(package, out))]


KINDS = {"tarball": make_tarball, "deb": make_deb, "npm": make_npm, "wheel": make_wheel, "image": make_image}


def write_sums(out):
    """SHA256SUMS of everything in the folder, older packages of other kinds included."""
    files = sorted(path for path in out.iterdir() if path.is_file() and path.name != "SHA256SUMS")
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in files]
    (out / "SHA256SUMS").write_text("".join(lines), encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("what", nargs="+", choices=KINDS)
    arguments = parser.parse_args()
    try:
        build = Build(arguments.build)
        arguments.out.mkdir(parents=True, exist_ok=True)
        for kind in arguments.what:
            for package in KINDS[kind](build, arguments.out):
                print(f"{package.stat().st_size / 1e6:6.1f} MB  {package}")
        write_sums(arguments.out)
    except Problem as problem:
        print(f"zest-sandbox: {problem}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"zest-sandbox: {error.filename or arguments.out}: {error.strerror}", file=sys.stderr)
        return 1
    except subprocess.CalledProcessError as error:
        print(f"zest-sandbox: {error.cmd[0]} failed:\n{error.output}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
