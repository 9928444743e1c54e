#!/usr/bin/env python3
"""Warnings with the real binary and real receivers: what the command line says, and at the end of `exec`.

    warnings_test.py BINARY [case…]
"""
import concurrent.futures
import json
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import threading

from sandbox_process import PATIENCE, Receiver, Sandbox, clean_environment, main

# A client of one call: POST /v1/investors, with these header fields.
CLIENT = """
import json, os, subprocess, sys, urllib.request
url = os.environ["ZEST_SANDBOX_URL"]
token = subprocess.run([os.environ["ZEST_SANDBOX_BINARY"], "token"], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
row = {"partnerInvestorId": "i-1", "email": "ada@example.com", "firstName": "Ada", "lastName": "Love", "dateOfBirth": "1980-01-01"}
call = urllib.request.Request(url + "/v1/investors", json.dumps({"investors": [row]}).encode(),
                              {"Content-Type": "application/json", "Authorization": "Bearer " + token, **json.loads(sys.argv[1])})
assert urllib.request.urlopen(call).status == 200
sys.exit(int(sys.argv[2]))
"""


def run(binary, *arguments, url=None):
    words = [str(binary), *arguments] + (["--url", url] if url else [])
    return subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=PATIENCE,
                          env=clean_environment())


def exec_client(binary, *options, fields=None, code=0):
    return run(binary, "exec", *options, "--", sys.executable, "-c", CLIENT, json.dumps(fields or {}), str(code))


def exec_says_what_is_fragile_and_fails_when_asked(binary):
    told = exec_client(binary)
    assert told.returncode == 0 and "warn.missing-key: " in told.stderr and "do:    Send a fresh" in told.stderr, told
    failed = exec_client(binary, "--fail-on-warnings")
    assert failed.returncode == 1 and "there is 1 kind of warning," in failed.stderr, failed
    assert exec_client(binary, "--fail-on-warnings", code=7).returncode == 7
    good = exec_client(binary, "-q", "--fail-on-warnings", fields={"Idempotency-Key": "k-1"})
    assert good.returncode == 0 and good.stderr == "", good


def trigger_calls_as_a_client_should(binary):
    triggered = run(binary, "exec", "--fail-on-warnings", "--", "sh", "-c", '"$ZEST_SANDBOX_BINARY" trigger subscription.completed')
    assert triggered.returncode == 0, triggered


def the_command_lists_each_kind_once(binary):
    with Sandbox(binary) as sandbox:
        empty = run(binary, "warnings", "--fail-on-warnings", url=sandbox.url)
        assert (empty.returncode, empty.stdout) == (0, "Nothing to warn of.\n"), empty
        token = sandbox.token()
        sandbox.investors(token, ["a"])
        sandbox.investors(token, ["b"])
        told = run(binary, "warnings", url=sandbox.url)
        assert told.returncode == 0 and told.stdout.count("warn.missing-key (2 times)") == 1, told
        # A case comes with what shows it, as this program was called.
        call = re.search(r"last:  without an Idempotency-Key \(client_acme, bulkCreateInvestors, (call-\d+), ", told.stdout)[1]
        assert told.stdout.endswith(f"`{binary} explain {call} --url {sandbox.url}` shows a call or a delivery.\n"), told.stdout
        shown = run(binary, "explain", call, url=sandbox.url)
        assert shown.returncode == 0 and "POST /v1/investors: 200\n\nwarning  warn.missing-key\n" in shown.stdout, shown
        assert [rule["id"] for rule in sandbox.get("/_sandbox/explain/" + call)["warnings"]] == ["warn.missing-key"]
        page = json.loads(run(binary, "warnings", "--json", "--client-id", "client_acme", url=sandbox.url).stdout)
        assert page["documents"][0]["count"] == 2 and page["documents"][0]["last"]["call"] == call, page
        assert run(binary, "warnings", "--fail-on-warnings", url=sandbox.url).returncode == 1
        sandbox.post("/_sandbox/reset", {"clientId": "client_acme"})
        assert sandbox.get("/_sandbox/warnings")["documents"] == []


def scenarios_warn_of_the_application_and_never_of_their_own_receiver(binary):
    folder = tempfile.TemporaryDirectory()
    passing = pathlib.Path(folder.name) / "passing.json"  # whatever the receiver answers
    passing.write_text(json.dumps({"name": "passing", "purpose": "An investor.", "source": "Zest docs: investors", "steps": [
        {"call": "bulkCreateInvestors", "body": {"investors": [{"partnerInvestorId": "i", "email": "i@example.com", "firstName": "Ada",
         "lastName": "Love", "dateOfBirth": "1980-01-01"}]}}, {"expect": "deliveries", "count": 1, "attemptCount": 1}]}))
    own = run(binary, "scenario", "run", "happy-path", "dead-letter-replay", "bad-signatures", "slow-receiver")
    assert own.returncode == 0 and "warn." not in own.stderr + own.stdout, own
    with Receiver(lambda event, headers: 404 if event["eventType"] == "investor.created" else 200) as receiver:
        told = run(binary, "scenario", "run", "happy-path", "funding-before-form", "--webhook-url", receiver.url)
        assert re.findall(r"^(warn\.[a-z0-9-]+)", told.stderr, re.MULTILINE) == ["warn.event-refused"], told
        assert "answered 404" in told.stderr and "times)" in told.stderr, "each kind once, of all runs"
        quiet = run(binary, "scenario", "run", "-q", "happy-path", "--webhook-url", receiver.url)
        assert "warn." not in quiet.stderr + quiet.stdout, quiet
        failed = run(binary, "scenario", "run", "-q", "--fail-on-warnings", str(passing), "--webhook-url", receiver.url)
        assert failed.returncode == 1 and "1 passed, 0 failed" in failed.stdout, failed
        assert "warn.event-refused" in failed.stderr and "there is 1 kind of warning," in failed.stderr, failed
    with Receiver(lambda event, headers: 200) as receiver:
        good = run(binary, "scenario", "run", "-q", "--fail-on-warnings", "happy-path", "--webhook-url", receiver.url)
        assert good.returncode == 0 and good.stderr == "", good


# Starts the sample client of the tests with a flaw, and has it make six requests and six investors.
DRIVER = """
import json, os, socket, subprocess, sys, time, urllib.error, urllib.request
with socket.create_server(("127.0.0.1", 0)) as listener:
    port = listener.getsockname()[1]
client = subprocess.Popen(sys.argv[2:], env={**os.environ, "PORT": str(port), "FLAW": sys.argv[1]})
def call(url, body=None):
    try:
        return urllib.request.urlopen(urllib.request.Request(url, body, {"Content-Type": "application/json"})).read()
    except urllib.error.HTTPError as error:
        return error.read()
app = f"http://127.0.0.1:{port}"
while True:
    try:
        call(app + "/health")
        break
    except OSError:
        assert client.poll() is None
        time.sleep(0.05)
sample = json.loads(call(os.environ["ZEST_SANDBOX_URL"] + "/v1/contracts/samples/1.0.0/syndicate_secondary"))
for number in range(6):
    call(app + "/deals", json.dumps({"id": f"deal-{number}", **sample}).encode())
    row = {"partnerInvestorId": f"i-{number}", "email": "ada@example.com", "firstName": "Ada", "lastName": "Love", "dateOfBirth": "1980-01-01"}
    call(app + "/investors", json.dumps({"id": f"investors-{number}", "rows": [row]}).encode())
client.terminate()
client.wait()
"""
CLIENTS = pathlib.Path(__file__).resolve().parent.parent / "clients"
NODE, PYTHON = ["node", str(CLIENTS / "client.mjs")], [sys.executable, str(CLIENTS / "client.py")]
HABITS = [(PYTHON, "", None), (NODE, "", None), (NODE, "no-key", "warn.missing-key"), (NODE, "key-per-try", "warn.fresh-key-on-retry"),
          (NODE, "long-assertion", "warn.assertion-lifetime"), (NODE, "token-per-call", "warn.token-per-call"),
          (NODE, "polling", "warn.polling"), (NODE, "key-of-content", "warn.key-reused")]


def the_habits_of_sample_clients_are_told_and_the_correct_ones_are_not_nagged(binary):
    """Under the faults that a client's tests are for."""
    def told(habit):
        command, flaw, _ = habit
        done = run(binary, "exec", "--pack", "client-faults", "--", sys.executable, "-c", DRIVER, flaw, *command)
        assert done.returncode == 0, done
        return set(re.findall(r"^(warn\.[a-z0-9-]+)", done.stderr, re.MULTILINE)) - {"warn.clock-off"}  # of a machine under load

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        for habit, seen in zip(HABITS, pool.map(told, HABITS)):
            assert seen == ({habit[2]} if habit[2] else set()), (habit, seen)


class EarlyReceiver:
    """Answers 200 once the head is there, and reads the body afterwards."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}/hook"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            connection, _ = self.listener.accept()
            with connection:
                head = b""
                while b"\r\n\r\n" not in head:
                    head += connection.recv(1)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                while connection.recv(65536):
                    pass


def receivers_are_watched_over_real_sockets(binary):
    with Sandbox(binary, "--clock", "manual") as sandbox:
        taken = set()

        def once(event, headers):
            known = event["eventId"] in taken
            taken.add(event["eventId"])
            return 409 if known else 200

        cases = [("warn.answers-differ", Receiver(once).url), ("warn.event-refused", Receiver(lambda *_: 404).url),
                 ("warn.receiver-redirects", Receiver(lambda *_: 301).url), ("warn.answer-before-body", EarlyReceiver().url),
                 (None, Receiver(lambda *_: 204).url)]
        for number, (rule, url) in enumerate(cases):
            name = f"client_{number}"
            token = sandbox.partner(name, webhookUrl=url)
            rules = {"warn.answers-differ": {"type": "duplicate", "copies": 1, "spacing": "1s"},
                     "warn.answer-before-body": {"type": "slowBody", "bytesPerSecond": 100}}
            if rule in rules:
                sandbox.post("/_sandbox/chaos/rules", {"on": "webhook", "clientId": name, "action": rules[rule]})
            sandbox.post("/v1/investors", {"investors": [{"partnerInvestorId": "i", "email": "i@example.com", "firstName": "Ada",
                         "lastName": "Love", "dateOfBirth": "1980-01-01"}]}, token=token, headers={"Idempotency-Key": "k"})
            sandbox.post("/_sandbox/wait", {"until": "event", "eventType": "investor.created", "outcome": "attempted",
                                            "clientId": name, "timeout": "100s"})
            if rule == "warn.answers-differ":  # the copy comes once the first has been answered
                sandbox.post("/_sandbox/clock/advance", {"by": "1s", "clientId": name})
            seen = [w["id"] for w in sandbox.get("/_sandbox/warnings?clientId=" + name)["documents"]
                    if w["id"] not in ("warn.clock-off", "warn.receiver-slow")]
            assert seen == ([rule] if rule else []), (rule, seen)


if __name__ == "__main__":
    main([exec_says_what_is_fragile_and_fails_when_asked, trigger_calls_as_a_client_should,
          scenarios_warn_of_the_application_and_never_of_their_own_receiver, the_command_lists_each_kind_once,
          the_habits_of_sample_clients_are_told_and_the_correct_ones_are_not_nagged,
          receivers_are_watched_over_real_sockets])
