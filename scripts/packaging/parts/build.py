"""A build folder as packages see it: the program, its version, and the libraries that it needs."""
import os
import pathlib
import platform
import re
import subprocess
import tempfile

PROJECT = pathlib.Path(__file__).resolve().parents[3]
PACKAGING = PROJECT / "scripts" / "packaging"
GLIBC = (2, 36)  # what the tarball asks of a system: Debian 12's

# Parts of glibc: every system has its own, which fits its kernel, name service and locales.
GLIBC_FILES = re.compile(r"(ld-linux.*|linux-vdso|linux-gate|lib(c|m|resolv|pthread|dl|rt|util|anl|nsl|mvec))\.so(\..*)?")


class Problem(Exception):
    """One sentence that says what is wrong and what to do."""


def run(*command, environment=None):
    """Standard output of a command; raises CalledProcessError with what it said when it fails."""
    result = subprocess.run([str(part) for part in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True, check=False,
                            env={**os.environ, "LC_ALL": "C.UTF-8", **(environment or {})})
    if result.returncode != 0:
        raise subprocess.CalledProcessError(result.returncode, command[:1], result.stderr + result.stdout)
    return result.stdout


class Build:
    def __init__(self, folder):
        self.folder = folder.resolve()
        self.program = self.folder / "bin" / "zest-sandbox"
        if not self.program.exists():
            raise Problem(f"{self.program} is not there; run scripts/package, which builds it first")
        cache = (self.folder / "CMakeCache.txt").read_text(encoding="utf-8")
        self.version = re.search(r"^CMAKE_PROJECT_VERSION:STATIC=(.+)$", cache, re.M).group(1)
        sanitizers = re.search(r"^ZEST_SANITIZE:STRING=(.+)$", cache, re.M)
        kind = re.search(r"^CMAKE_BUILD_TYPE:[A-Z]+=(.*)$", cache, re.M).group(1)
        if sanitizers or kind != "Release":
            raise Problem(f"{self.folder} holds no Release build; run scripts/package, which makes one")
        if platform.system() != "Linux":
            raise Problem(f"packages are made on Linux, and this is {platform.system()}")
        self.architecture = platform.machine()
        self.epoch = source_date()

    def libraries(self):
        """Files of the shared libraries that a system with nothing but glibc lacks, by their name."""
        found = {}
        for line in run("ldd", self.program).splitlines():
            name, _, place = line.strip().partition(" => ")
            name = name.split()[0].rpartition("/")[2]
            if GLIBC_FILES.fullmatch(name):
                continue
            if not place.startswith("/"):
                raise Problem(f"the library {name} is not on this system; run scripts/run, which installs what is missing")
            found[name] = pathlib.Path(place.split(" (")[0]).resolve()
        return found

    def stripped_program(self):
        """Its bytes without what only debuggers read; Debian's libraries are without it already."""
        with tempfile.TemporaryDirectory() as scratch:
            run("strip", "--strip-unneeded", "-o", f"{scratch}/stripped", self.program)
            return pathlib.Path(scratch, "stripped").read_bytes()

    def required_glibc(self):
        """The newest version of glibc that the program or one of its libraries asks for."""
        told = run("objdump", "-p", self.program, *self.libraries().values())
        return max((int(major), int(minor)) for major, minor in re.findall(r"GLIBC_(\d+)\.(\d+)", told))


def source_date():
    """Seconds since 1970 that packages carry as their date: SOURCE_DATE_EPOCH, else the last commit's, else that of the
    change log."""
    given = os.environ.get("SOURCE_DATE_EPOCH", "")
    if given:
        if not given.isdigit():
            raise Problem(f"SOURCE_DATE_EPOCH is \"{given}\"; it must be a number of seconds since 1970")
        return int(given)
    try:
        return int(run("git", "-C", PROJECT, "log", "-1", "--format=%ct"))
    except (subprocess.CalledProcessError, OSError, ValueError):
        return int((PROJECT / "CHANGELOG.md").stat().st_mtime)
