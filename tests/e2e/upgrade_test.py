#!/usr/bin/env python3
"""What a newer version wrote is refused with a sentence and left as it was; what this version is made of.

    upgrade_test.py BINARY
"""
import json
import pathlib
import sqlite3
import subprocess
import sys
import tempfile

from sandbox_process import PATIENCE, Sandbox, clean_environment, main


def run(binary, *arguments):
    return subprocess.run([binary, *map(str, arguments)], capture_output=True, text=True, timeout=PATIENCE,
                          env=clean_environment())


def newer_database_is_refused_and_untouched(binary):
    with tempfile.TemporaryDirectory() as scratch:
        database = pathlib.Path(scratch, "state.db")
        with Sandbox(binary, "--db", database):
            pass
        with sqlite3.connect(database) as connection:
            known, = connection.execute("PRAGMA user_version").fetchone()
            connection.execute(f"PRAGMA user_version = {known + 1}")
        connection.close()
        before = database.read_bytes()
        refused = run(binary, "serve", "--port", "0", "--db", database)
        assert refused.returncode == 2, refused
        assert refused.stderr.count("\n") == 1 and "was written by a newer zest-sandbox" in refused.stderr, refused
        assert database.read_bytes() == before


def newer_snapshot_is_refused(binary):
    with tempfile.TemporaryDirectory() as scratch, Sandbox(binary) as sandbox:
        snapshot = sandbox.get("/_sandbox/snapshot")
        path = pathlib.Path(scratch, "newer.json")
        path.write_text(json.dumps({**snapshot, "version": snapshot["version"] + 1}), encoding="utf-8")
        refused = run(binary, "snapshot", "load", path, "--url", sandbox.url)
        assert refused.returncode != 0 and "a newer one wrote this snapshot" in refused.stderr, refused
        refused = run(binary, "serve", "--port", "0", "--import", path)
        assert refused.returncode == 2 and "a newer one wrote this snapshot" in refused.stderr, refused


def words_of_newer_configurations_and_scenarios_are_named(binary):
    with tempfile.TemporaryDirectory() as scratch:
        config = pathlib.Path(scratch, "config.json")
        config.write_text('{"port": 0, "option-of-tomorrow": 1}', encoding="utf-8")
        refused = run(binary, "serve", "--config", config)
        assert refused.returncode == 2 and "option-of-tomorrow" in refused.stderr, refused
        scenario = pathlib.Path(scratch, "scenario.json")
        scenario.write_text('{"name": "newer", "purpose": "none", "memberOfTomorrow": 1, "steps": []}', encoding="utf-8")
        refused = run(binary, "scenario", "run", scenario)
        assert refused.returncode == 2 and "memberOfTomorrow" in refused.stderr, refused


def version_tells_libraries_and_formats(binary):
    told = json.loads(run(binary, "version", "--json").stdout)
    assert run(binary, "version").stdout == f"zest-sandbox {told['version']}\n"
    assert told["build"]["type"] in ("release", "debug") and told["build"]["compiler"], told
    assert {"OpenSSL", "SQLite", "libcurl", "PCRE2", "nlohmann/json", "spdlog"} <= set(told["libraries"]), told
    assert all(version[0].isdigit() for version in told["libraries"].values()), told
    with Sandbox(binary) as sandbox:
        assert sandbox.get("/_sandbox/snapshot")["version"] == told["features"]["snapshotVersion"]


if __name__ == "__main__":
    sys.exit(main([newer_database_is_refused_and_untouched, newer_snapshot_is_refused,
                   words_of_newer_configurations_and_scenarios_are_named, version_tells_libraries_and_formats]))
