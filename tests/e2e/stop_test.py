#!/usr/bin/env python3
"""A process that is told to stop ends, whatever is going on and whatever hangs.

    stop_test.py BINARY [case…]
"""
import pathlib
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


if __name__ == "__main__":
    main([webhooks_on_their_way_are_aborted_and_stay_due, a_database_that_does_not_answer_is_given_up,
          snapshots_that_are_loaded_while_partners_are_removed_do_not_hold_it_up])
