"""Where the program is, and how it is started."""
import json
import os
import pathlib
import queue
import subprocess
import threading
from typing import Any, Callable, Dict, List, Optional, Sequence

from ._api import Sandbox

VERSION = "@VERSION@"
ARCHITECTURE = "@ARCHITECTURE@"
STARTING = 60.0  # seconds (wall) until a start that says nothing is given up
STOPPING = 10.0  # seconds; the program itself ends within 5
LAST_LINES = 40  # of its log that an error quotes from


def find_program() -> str:
    """The program: ZEST_SANDBOX_BINARY, else the one in this package."""
    given = os.environ.get("ZEST_SANDBOX_BINARY")
    if given:
        return given
    system = os.uname() if hasattr(os, "uname") else None
    program = pathlib.Path(__file__).resolve().parent / "program" / "bin" / "zest-sandbox"
    if system is None or system.sysname != "Linux" or system.machine != ARCHITECTURE or not program.exists():
        here = f"{system.sysname} on {system.machine}" if system else os.name
        raise RuntimeError(
            f"this package has a program for Linux on {ARCHITECTURE}, and this is {here}; run the container instead, docker run "
            f"--rm -p 8080:8080 zest-sandbox:{VERSION}, and connect_sandbox(\"http://127.0.0.1:8080\", admin_token=…), or say "
            "with ZEST_SANDBOX_BINARY where one is")
    return str(program)


def _flags(options: Dict[str, Any]) -> List[str]:
    """{"clock": "manual", "time_scale": 60, "require_https": True} -> --clock manual --time-scale 60 --require-https"""
    flags: List[str] = []
    for name, value in options.items():
        if value is None or value is False:
            continue
        flag = "--" + name.rstrip("_").replace("_", "-")
        for one in value if isinstance(value, (list, tuple)) else [value]:
            flags += [flag] if one is True else [flag, str(one)]
    return flags


def start_sandbox(*, binary: Optional[str] = None, args: Sequence[str] = (), env: Optional[Dict[str, str]] = None,
                  on_log: Optional[Callable[[str], None]] = None, **options: Any) -> Sandbox:
    """Starts a sandbox on a free port of this machine, as `zest-sandbox serve` with these options (time_scale=60 is
    --time-scale 60; import_ is --import). A context manager that stops it; it also ends with this process."""
    command = [binary or find_program(), "serve", *_flags({"port": 0, **options}), "--end-with-input", *args]
    try:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                   encoding="utf-8", errors="replace", env={**os.environ, **(env or {})})
    except OSError as error:
        raise RuntimeError(f"{command[0]} cannot be run: {error.strerror}") from error
    log: List[str] = []
    said: "queue.Queue[Optional[str]]" = queue.Queue()

    def read_log() -> None:
        assert process.stderr
        for line in process.stderr:
            log.append(line.rstrip("\n"))
            del log[:-LAST_LINES]
            if on_log:
                on_log(line.rstrip("\n"))

    def read_output() -> None:
        assert process.stdout
        for line in process.stdout:
            said.put(line)
        said.put(None)

    readers = [threading.Thread(target=read, daemon=True) for read in (read_log, read_output)]
    for reader in readers:
        reader.start()

    def stop() -> None:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(STOPPING)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for reader in readers:
            reader.join()
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream:
                stream.close()

    told: Dict[str, Any] = {}
    while True:
        try:
            line = said.get(timeout=STARTING)
        except queue.Empty:
            process.kill()
            stop()
            raise RuntimeError(f"the sandbox did not start within {STARTING:g} s:\n" + "\n".join(log)) from None
        if line is None:
            stop()
            reason = "\n".join(log)
            if reason.startswith("zest-sandbox: "):
                reason = reason[len("zest-sandbox: "):]
            raise RuntimeError(f"the sandbox did not start ({process.returncode}): {reason}")
        if line.startswith("{"):
            told = json.loads(line)
        if line.strip() == "Ready.":
            break
    return Sandbox(told["url"], told["clientId"], told["webhookSecret"], told.get("adminToken"), stop)
