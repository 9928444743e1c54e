"""What the tests of packages share: a root folder with nothing but glibc, and the way to a first webhook."""
import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

TESTS = pathlib.Path(__file__).resolve().parents[1]
PROJECT = TESTS.parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(TESTS / "e2e"))

from sandbox_process import PATIENCE, Receiver, clean_environment  # noqa: E402, F401

GLIBC = ("libc.so.6", "libm.so.6", "libresolv.so.2")


def packages_of_line():
    """The folder that the command line names. --light: only what needs no tool that is not there anyway."""
    light = "--light" in sys.argv
    sys.argv = [word for word in sys.argv if word != "--light"]
    return pathlib.Path(sys.argv.pop(1)).resolve(), light


def the_package(folder, pattern):
    found = sorted(folder.glob(pattern))
    assert len(found) == 1, f"{folder} has {len(found)} of {pattern}: {found}"
    return found[0]


def run(*command, status=0, **more):
    """Runs to the end; the whole result. `status`: what it must exit with."""
    more.setdefault("env", clean_environment())
    result = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=PATIENCE * 5,
                            stdin=subprocess.DEVNULL, check=False, **more)
    assert result.returncode == status, f"{command}: {result.returncode}\n{result.stdout}\n{result.stderr}"
    return result


def clean_root(folder):
    """Makes `folder` the root of a system that has glibc and an empty /tmp, and nothing else: not even a shell."""
    loader = re.search(r"(/\S*/ld-linux\S*)", run("ldd", "/bin/sh").stdout).group(1)
    libraries = pathlib.Path(re.search(r"libc\.so\.6 => (\S+)", run("ldd", "/bin/sh").stdout).group(1)).parent
    for source in (loader, *(libraries / name for name in GLIBC)):
        target = folder / str(source).lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)
    (folder / "tmp").mkdir()
    return folder


def inside(root):
    """The beginning of a command line that runs in another root, as somebody who need not be root outside. It has
    /proc, by which the loader learns where a program lies."""
    (root / "proc").mkdir(exist_ok=True)
    mapped = [] if os.geteuid() == 0 else ["--map-root-user"]
    return ["unshare", *mapped, "--mount", "sh", "-c", 'mount --rbind /proc "$0/proc" && exec chroot "$0" "$@"', str(root)]


class Served:
    """`serve` of any command line, on a free port, until the block ends. `signal_child`: the command passes no signal on, so
    the stop goes to its child, `child`."""

    def __init__(self, *command, options=(), signal_child=False, **more):
        self.command = [*map(str, command), "serve", "--port", "0", *map(str, options)]
        self.signal_child = signal_child
        self.more = {"env": clean_environment(), **more}
        self.output = []

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                        stdin=subprocess.DEVNULL, **self.more)
        self.told = None
        for line in self.process.stdout:
            self.output.append(line)
            if line.startswith("{"):
                self.told = json.loads(line)
            if line.strip() == "Ready.":
                self.reader = threading.Thread(target=lambda: self.output.extend(self.process.stdout), daemon=True)
                self.reader.start()
                return self
        raise AssertionError(f"{self.command} did not start ({self.process.wait()}):\n" + "".join(self.output))

    @property
    def child(self):
        pid = self.process.pid
        return int(pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()[0])

    def __exit__(self, *failure):
        self.stop()
        if failure[0]:
            sys.stderr.write("".join(self.output[-30:]))

    def stop(self):
        if self.process.stdout.closed:
            return
        if self.process.poll() is None:
            os.kill(self.child if self.signal_child else self.process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(PATIENCE)
        if self.process.poll() is None:
            self.process.kill()
            raise AssertionError("it did not stop on SIGTERM")
        self.reader.join(PATIENCE)
        self.process.stdout.close()

    @property
    def url(self):
        return self.told["url"]


def first_webhook(*command, options=(), **more):
    """Serves by this command line and triggers an event by it; answers how long it took until the webhook came, in
    seconds, for people to read."""
    began = time.monotonic()
    with Receiver() as receiver, Served(*command, options=["--webhook-url", receiver.url, *options], **more) as sandbox:
        run(*command, "trigger", "investor.created", "--url", sandbox.url, **more)
        receiver.wait_for(lambda got: any(event == "investor.created" for _, event, _ in got))
    return time.monotonic() - began


class Scratch:
    """A mixin for test cases: self.scratch, a folder for each test."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.scratch = pathlib.Path(folder.name).resolve()

    def fake(self, **tools):
        """An environment in which these commands print what is given here."""
        folder = self.scratch / "tools"
        folder.mkdir(exist_ok=True)
        for name, text in tools.items():
            (folder / name).write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
            (folder / name).chmod(0o755)
        return {**clean_environment(), "PATH": f"{folder}:{os.environ['PATH']}"}
