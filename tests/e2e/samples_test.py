#!/usr/bin/env python3
"""What earlier versions wrote opens ever after: databases, snapshots, scenarios, configurations and contracts below
tests/samples/. What those versions answered about their state is answered still; more members are fine, others are not.

    samples_test.py BINARY [case…]
"""
import hashlib
import json
import pathlib
import shutil
import subprocess
import tempfile

from sandbox_process import PATIENCE, Receiver, Sandbox, clean_environment, expect, main

SAMPLES = sorted(folder for folder in (pathlib.Path(__file__).parents[1] / "samples").iterdir() if folder.is_dir())
MANUAL = ("--log-level", "warning")


def includes(found, told, place):
    """`found` says what `told` says, and perhaps more."""
    if isinstance(told, dict):
        assert isinstance(found, dict), f"{place}: {told!r} was told, {found!r} is"
        for name, value in told.items():
            assert name in found, f"{place}.{name} is missing"
            includes(found[name], value, f"{place}.{name}")
    elif isinstance(told, list):
        assert isinstance(found, list) and len(found) == len(told), f"{place}: {told!r} was told, {found!r} is"
        for index, value in enumerate(told):
            includes(found[index], value, f"{place}[{index}]")
    else:
        assert found == told, f"{place}: {told!r} was told, {found!r} is"


def copied(sample, scratch):
    folder = pathlib.Path(scratch, sample.name)
    shutil.copytree(sample, folder)
    return folder


def check_state(sandbox, told):
    for path, answer in told["control"].items():
        includes(sandbox.get(path), answer, path)
    token = sandbox.token()
    for path, answer in told["partner"].items():
        includes(sandbox.get(path, token=token), answer, path)
    for kept in told["kept"]:
        if kept["key"].startswith("key-of-another"):
            continue
        again = sandbox.call(kept["method"], kept["path"], kept["body"], token, {"Idempotency-Key": kept["key"]})
        assert (again.status, again.body.decode()) == (kept["status"], kept["answer"]), again
        assert again.headers["Idempotent-Replayed"] == "true"


def check_files(sandbox, told):
    for path, row in told["files"].items():
        if not row["replaced"]:
            document = expect(200, sandbox.call("GET", path))
            assert hashlib.sha256(document.body).hexdigest() == row["sha256"], path
            assert document.headers["Content-Type"] == row["contentType"], document.headers


def check_what_is_scheduled(sandbox):
    """Time goes on: what was scheduled happens, what was removed does not come back under the same identifiers."""
    with Receiver() as receiver:
        expect(200, sandbox.call("PATCH", "/_sandbox/partners/client_acme", {"webhookUrl": receiver.url}))
        before = {one["deliveryId"]: one for one in sandbox.deliveries(perPage=100)["documents"]}
        report = sandbox.post("/_sandbox/clock/advance", {"clientId": "client_acme", "by": "3d"})
        kinds = [attempt["kind"] for attempt in report["attempts"]]
        assert kinds.count("copy") == 2 and kinds.count("replay") == 1, kinds
        sandbox.post("/_sandbox/clock/advance", {"clientId": "waiting", "by": "2d"})
        assert "approved" in {one["status"] for one in sandbox.get("/_sandbox/spv-requests?clientId=waiting")["documents"]}
        held = [one["deliveryId"] for one in sandbox.get("/_sandbox/chaos/held")["documents"]]
        assert len(held) == 1, held  # what waits for an event; what was collected has gone out
        sandbox.post(f"/_sandbox/chaos/held/{held[0]}/release")
        sandbox.post("/_sandbox/wait", {"until": "idle"})
        sent = {event_id for event_id, _, _ in receiver.got}
        waiting = {name for name, one in before.items()
                   if one["clientId"] == "client_acme" and one["status"] in ("pending", "retrying")}
        assert waiting <= sent, waiting - sent
    known = set(before)
    fresh = sandbox.partner("removed")
    sandbox.investors(fresh, ["anew"])
    assert known.isdisjoint(one["deliveryId"] for one in sandbox.deliveries(clientId="removed")["documents"])


def a_database_goes_on(binary):
    for sample in SAMPLES:
        told = json.loads((sample / "answers.json").read_text())
        with tempfile.TemporaryDirectory() as scratch:
            sandbox = Sandbox(binary, "--db", copied(sample, scratch) / "state.db", *MANUAL)
            with sandbox:
                check_state(sandbox, told)
                check_files(sandbox, told)
            with sandbox:  # as the present version wrote it
                check_state(sandbox, told)
                check_files(sandbox, told)
                check_what_is_scheduled(sandbox)


def a_database_whose_process_was_killed_goes_on(binary):
    for sample in SAMPLES:
        told = json.loads((sample / "killed.json").read_text())
        with tempfile.TemporaryDirectory() as scratch, Receiver() as receiver:
            database = copied(sample, scratch) / "killed.db"
            with Sandbox(binary, "--db", database, "--webhook-url", receiver.url, *MANUAL) as sandbox:
                # Both events: the one that was under way when the process died is sent again.
                receiver.wait_for(lambda got: sorted({event_id for event_id, _, _ in got}) == told["events"])
                token = sandbox.token()
                sandbox.get("/v1/spv-requests/" + told["spvRequest"], token=token)
                again, = sandbox.investors(token, [told["investor"]["partnerInvestorId"]])
                assert again["zestPersonId"] == told["investor"]["zestPersonId"], again


def a_snapshot_loads(binary):
    for sample in SAMPLES:
        told = json.loads((sample / "answers.json").read_text())
        with tempfile.TemporaryDirectory() as scratch:
            database = pathlib.Path(scratch, "other.db")
            sandbox = Sandbox(binary, "--db", database, "--import", sample / "snapshot.json", "--clock", "manual", *MANUAL)
            with sandbox:
                check_state(sandbox, told)
                # The same through a snapshot that the present version takes.
                taken = expect(200, sandbox.call("GET", "/_sandbox/snapshot")).json
                sandbox.post("/_sandbox/reset", {"partners": True})
                sandbox.post("/_sandbox/reset", {"rewind": True})
                loaded = expect(200, sandbox.call("PUT", "/_sandbox/snapshot", taken)).json
                assert loaded["restored"] and loaded["partners"] == 7, loaded
                check_state(sandbox, told)
                check_what_is_scheduled(sandbox)


def command(binary, *arguments, folder):
    done = subprocess.run([binary.resolve(), *map(str, arguments)], cwd=folder, capture_output=True, text=True, timeout=PATIENCE,
                          env=clean_environment())
    assert done.returncode == 0, f"{arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def scenarios_mean_the_same(binary):
    for sample in SAMPLES:
        scenarios = ["every-word.json", "scaled-clock.json"]
        command(binary, "scenario", "lint", *scenarios, folder=sample)
        command(binary, "scenario", "run", *scenarios, folder=sample)


def configurations_mean_the_same(binary):
    for sample in SAMPLES:
        with tempfile.TemporaryDirectory() as scratch:
            folder = copied(sample, scratch)
            config = json.loads((folder / "config.json").read_text())
            process = subprocess.Popen([binary.resolve(), "serve", "--config", "config.json"], cwd=folder, stdout=subprocess.PIPE,
                                       stderr=subprocess.STDOUT, text=True, env=clean_environment())
            try:
                lines = []
                for line in process.stdout:
                    lines.append(line)
                    if line.strip() == "Ready.":
                        break
                shown = "".join(lines)
                announced = json.loads(next(line for line in lines if line.startswith("{")))
                assert announced["url"] == config["public-url"], shown
                assert announced["webhookSecret"] == config["webhook-secret"], shown
                assert announced["clientId"] == "client_sample", shown
                sandbox = Sandbox(binary)
                sandbox.port = int((folder / config["port-file"]).read_text())
                assert sandbox.call("GET", "/_sandbox/status").status == 401
                bearer = config["admin-token"]
                assert sandbox.get("/_sandbox/status", token=bearer)["seed"] == config["seed"]
                assert sandbox.get("/_sandbox/status", token=bearer, headers={"Host": "two.example"})
                names = {one["clientId"] for one in sandbox.get("/_sandbox/partners", token=bearer)["documents"]}
                assert "waiting" in names, names  # the snapshot was imported
                template = sandbox.get("/v1/contracts/templates/1.0.0/sample_template")
                assert template == json.loads(
                    (folder / "fixtures/contracts/1.0.0/templates/sample_template.json").read_text()), template
                assert (folder / config["db"]).is_file()
            finally:
                process.terminate()
                process.communicate(timeout=PATIENCE)
            assert process.returncode == 0, process.returncode


if __name__ == "__main__":
    main([a_database_goes_on, a_database_whose_process_was_killed_goes_on, a_snapshot_loads, scenarios_mean_the_same,
          configurations_mean_the_same])
