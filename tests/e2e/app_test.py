#!/usr/bin/env python3
"""The description of an application (zest-app.json): what `app init` writes, what `app check` says of an application that
works and of ones that do not, what a file that was merely found may not do, and that what was started ends.

usage: app_test.py BINARY
"""
import http.server
import json
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

import sandbox_process

BINARY = pathlib.Path(sys.argv[1]).resolve()
ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PORTAL = ROOT / "tests/applications/zest-app.json"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def run(*arguments, code=0, folder=None, **variables):
    environment = {**sandbox_process.clean_environment(), "PORTAL_PORT": str(free_port()), **variables}
    done = subprocess.run([BINARY, *map(str, arguments)], capture_output=True, text=True, cwd=folder,
                          env=environment, timeout=sandbox_process.PATIENCE)
    assert done.returncode == code, f"{arguments}: {done.returncode}, not {code}\n{done.stdout}\n{done.stderr}"
    return done.stdout + done.stderr


def checked(*arguments, code=0, **variables):
    return {part["part"]: part for part in json.loads(run("app", "check", "--json", *arguments, code=code, **variables))["parts"]}


def everything_of_a_correct_application_works():
    for way in ("", "asynchronous", "answers-400,answers-204"):
        parts = checked("--app", PORTAL, PORTAL_FLAWS=way)
        assert {part["outcome"] for part in parts.values()} == {"works", "not given"}, parts
        for part in ("start", "webhook", "probe spvRequest", "probe subscription", "probe investor",
                     "effect requestMail", "effect subscriptionMail", "action requestSpv", "action createInvestors"):
            assert parts[part]["outcome"] == "works", parts[part]


def what_does_not_work_is_named():
    parts = checked("--app", PORTAL, code=1, PORTAL_FLAWS="ignores-completed")
    assert [name for name, part in parts.items() if part["outcome"] == "fails"] == ["probe subscription"], parts
    assert "expected completed, got funded" in parts["probe subscription"]["what"]


def no_process_is_left():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        # A shell that starts another program, as `npm start` does; it writes the numbers of both.
        (folder / "start.sh").write_text("sleep 600 & echo $$ $! > pids; exec node %s\n" % (PORTAL.parent / "portal.mjs"))
        port = free_port()
        (folder / "app.json").write_text(json.dumps({
            "webhook": {"url": f"http://127.0.0.1:{port}/webhooks"},
            "start": {"command": ["sh", "start.sh"], "environment": {"PORT": port}, "ready": f"http://127.0.0.1:{port}/health"}}))
        run("app", "check", "--app", folder / "app.json")
        for pid in (folder / "pids").read_text().split():
            assert not pathlib.Path("/proc", pid).exists() or is_gone(int(pid)), pid


def is_gone(pid):
    try:
        state = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return True
    return state in "ZX"


def no_process_is_left_of_a_run_that_is_killed():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "start.sh").write_text("echo $$ > pid.new; mv pid.new pid; exec sleep 600\n")
        (folder / "app.json").write_text(json.dumps({
            "start": {"command": ["sh", "start.sh"], "ready": f"http://127.0.0.1:{free_port()}/", "within": "5m"}}))
        process = subprocess.Popen([BINARY, "app", "check", "--app", folder / "app.json"],
                                   env=sandbox_process.clean_environment(), stdout=subprocess.DEVNULL)
        while not (folder / "pid").exists():
            assert process.poll() is None
            time.sleep(0.02)
        pid = int((folder / "pid").read_text())
        process.send_signal(signal.SIGKILL)
        process.wait()
        deadline = time.monotonic() + sandbox_process.PATIENCE
        while not is_gone(pid):
            assert time.monotonic() < deadline, "the application outlives a run that was killed"
            time.sleep(0.05)


def a_found_file_runs_nothing_and_reads_no_environment():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "zest-app.json").write_text(json.dumps({
            "name": "found", "webhook": {"url": "http://127.0.0.1:1/${env.HOME}"},
            "start": {"command": ["touch", "started"]}}))
        said = run("app", "check", folder=folder)
        assert "zest-app.json of this folder describes found" in said and "left out" in said, said
        assert "start" in said and "webhook.url (${env.…})" in said, said
        assert not (folder / "started").exists()
        run("app", "check", "--app", "zest-app.json", code=1, folder=folder)
        assert (folder / "started").exists()


def what_init_writes_is_right():
    with tempfile.TemporaryDirectory() as folder:
        run("app", "init", folder=folder)
        assert "is there already" in run("app", "init", folder=folder, code=1)
        run("app", "init", "--force", folder=folder)
        # It is read without a complaint; nobody listens where it points to.
        said = run("app", "check", folder=folder, code=1, ZEST_WEBHOOK_SECRET="whsec_x")
        assert "fails      webhook" in said and "unknown" not in said, said


def the_schema_is_the_languages():
    schema = ROOT / "scenarios/application.schema.json"
    assert json.loads(schema.read_text()) == json.loads(run("app", "schema")), f"{schema} is not what `app schema` prints"


class Odd(http.server.BaseHTTPRequestHandler):
    """Answers every probe with a page."""

    def do_GET(self):
        body = b"<!doctype html><title>Sign in</title>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(500 if self.path == "/deals" else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def bad_input_is_said_with_its_place():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Odd)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_address[1]}"
    with tempfile.TemporaryDirectory() as name:
        file = pathlib.Path(name) / "app.json"

        def said(text, code):
            file.write_text(text)
            return run("app", "check", "--app", file, code=code)

        text = said('{\n  "probs": {}\n}', 2)
        assert f'{file}:2:3: unknown member "probs"; did you mean "probes"?' in text, text
        text = said('{"webhook": {"url": "%s/hook"},\n "probes": {"investor": {"url": "%s/{zestPersonId}", "path": "status", '
                    '"within": "0s"}},\n "actions": {"requestSpv": {"call": "POST %s/deals"}}}' % (url, url, url), 1)
        assert f"{file}:2:25: probe investor: GET {url}/psn_" in text, text
        assert 'was answered 200 text/html <!doctype html><title>Sign in</title>, which is no JSON with "status" in it' in text
        assert "action requestSpv" in text and "was answered 500 without a body, but no createSpvRequest" in text, text
        text = said('{"start":\n {"command": ["sh", "-c", "echo no database >&2; exit 3"], "ready": "%s/x"}}'
                    % url.replace("127.0.0.1", "127.0.0.2"), 1)
        assert f"{file}:2:2: start: it ended with status 3 before it was ready; it printed" in text, text
        assert "no database" in text
        text = said('{"start": {"command": ["no-such-program"]}}', 1)
        assert f"{file}:1:11: start: no-such-program cannot be run: No such file" in text, text
    server.shutdown()


def main():
    everything_of_a_correct_application_works()
    what_does_not_work_is_named()
    no_process_is_left()
    no_process_is_left_of_a_run_that_is_killed()
    a_found_file_runs_nothing_and_reads_no_environment()
    what_init_writes_is_right()
    the_schema_is_the_languages()
    bad_input_is_said_with_its_place()


if __name__ == "__main__":
    main()
