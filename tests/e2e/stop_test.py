#!/usr/bin/env python3
"""A process that is told to stop ends, whatever is going on and whatever hangs.

    stop_test.py BINARY [case…]
"""
import os
import pathlib
import signal
import sqlite3
import subprocess
import tempfile

from sandbox_process import HangingReceiver, PATIENCE, Sandbox, Threads, clean_environment, main


def webhooks_on_their_way_are_aborted_and_stay_due(binary):
    with tempfile.TemporaryDirectory() as folder:
        database = pathlib.Path(folder) / "sandbox.db"
        with HangingReceiver() as hanging, Sandbox(binary, "--db", database, "--delivery-timeout", "10m") as sandbox:
            token = sandbox.partner("hanging", webhookUrl=hanging.url)
            sandbox.investors(token, ["hanging-1"])
            hanging.accepted(1)
            assert sandbox.stop() == 0, sandbox.output
            sandbox.start()
            hanging.accepted(1)  # once more
            assert sandbox.deliveries(clientId="hanging")["count"] == 1
            assert sandbox.stop() == 0, sandbox.output


def a_database_that_does_not_answer_is_given_up(binary):
    with tempfile.TemporaryDirectory() as folder:
        database = pathlib.Path(folder) / "sandbox.db"
        process = subprocess.Popen([str(binary), "serve", "--port", "0", "--db", str(database)], text=True,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=clean_environment())
        while process.stdout.readline().strip() != "Ready.":
            assert process.poll() is None, process.stderr.read()
        other = sqlite3.connect(database, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")  # nobody else writes any more
        process.terminate()
        process.send_signal(signal.SIGINT)  # one wish to stop comes several times: from a terminal, and from npm
        assert process.wait(PATIENCE) == 1
        assert "ending without " in process.stderr.read()
        other.execute("ROLLBACK")
        other.close()
        with Sandbox(binary, "--db", database) as sandbox:
            assert sandbox.stop() == 0, sandbox.output


def snapshots_that_are_loaded_while_partners_are_removed_do_not_hold_it_up(binary):
    clients = [f"client_{i}" for i in range(4)]
    with HangingReceiver() as hanging, Sandbox(binary, "--log-level", "warning") as sandbox:
        for client_id in clients:
            sandbox.investors(sandbox.partner(client_id, webhookUrl=hanging.url), [f"{client_id}-{i}" for i in range(20)])
        snapshot = sandbox.get("/_sandbox/snapshot")

        def load():
            for _ in range(15):
                assert sandbox.call("PUT", "/_sandbox/snapshot", snapshot).status == 200

        def remove(client_id):
            for _ in range(15):
                assert sandbox.call("DELETE", f"/_sandbox/partners/{client_id}").status in (200, 404)

        with Threads() as threads:
            for _ in range(3):
                threads.run(load)
            for client_id in clients[:2]:
                threads.run(remove, client_id)
        assert sandbox.stop() == 0, sandbox.output


def a_start_that_hangs_is_ended_by_a_signal(binary):
    """Nobody writes into the pipe that it reads."""
    with tempfile.TemporaryDirectory() as folder:
        pipe = pathlib.Path(folder) / "pipe"
        os.mkfifo(pipe)
        for command, code in ((["serve", "--port", "0", "--import", pipe], 1),
                              (["serve", "--port", "0", "--ca-file", pipe], 1),
                              (["exec", "--import", pipe, "--", "true"], 128 + signal.SIGTERM)):
            process = subprocess.Popen([str(binary), *map(str, command)], text=True, stdout=subprocess.DEVNULL,
                                       stderr=subprocess.PIPE, env=clean_environment())
            with open(pipe, "w"):  # from here on it reads
                process.terminate()
                assert process.wait(PATIENCE) == code, process.returncode
            assert "ending without the start" in process.stderr.read()


def a_signal_during_the_start_ends_it_in_order(binary):
    with tempfile.TemporaryDirectory() as folder:
        pipe = pathlib.Path(folder) / "pipe"
        os.mkfifo(pipe)
        with Sandbox(binary) as sandbox:
            snapshot = sandbox.call("GET", "/_sandbox/snapshot").body
        process = subprocess.Popen([str(binary), "serve", "--port", "0", "--import", str(pipe)],
                                   stdout=subprocess.PIPE, env=clean_environment())
        with open(pipe, "wb") as writer:
            process.terminate()
            writer.write(snapshot)
        assert process.wait(PATIENCE) == 0, process.returncode


def an_exec_that_is_told_to_end_leaves_nothing_that_detached_itself(binary):
    """The command ends by the signal that is passed on; the process in a session of its own has none of it."""
    script = "trap 'exit 3' TERM; setsid sleep 600 & echo $!; sleep 600 & wait"
    process = subprocess.Popen([str(binary), "exec", "--", "sh", "-c", script], text=True, stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL, env=clean_environment())
    detached = int(process.stdout.readline())
    process.terminate()
    assert process.wait(PATIENCE) == 3, process.returncode
    try:
        os.kill(detached, 0)
    except ProcessLookupError:
        return
    os.kill(detached, signal.SIGKILL)
    raise AssertionError("the detached process goes on")


if __name__ == "__main__":
    main([webhooks_on_their_way_are_aborted_and_stay_due, a_database_that_does_not_answer_is_given_up,
          snapshots_that_are_loaded_while_partners_are_removed_do_not_hold_it_up,
          a_start_that_hangs_is_ended_by_a_signal, a_signal_during_the_start_ends_it_in_order,
          an_exec_that_is_told_to_end_leaves_nothing_that_detached_itself])
