#!/usr/bin/env python3
"""Measures the sandbox beside what the machine allows. scripts/bench calls it; README.md says how to read it."""
import argparse
import contextlib
import datetime
import json
import os
import pathlib
import platform
import subprocess
import sys

import report
from measure import Failed, Settings
from peers import Peers
from rows import ROWS, chosen

QUICK = {"rounds": 2, "seconds": 1, "scale": 0.1}
# What needs minutes and gigabytes, or valgrind, is asked for by name or by --all.
LONG = ("@", "reset-", "-instructions")


def arguments():
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("rows", nargs="*", metavar="ROW", help="names of rows, or regular expressions for them")
    parser.add_argument("--all", action="store_true", help="every row, also those that take minutes")
    parser.add_argument("--list", action="store_true", help="name the rows and end")
    parser.add_argument("--quick", action="store_true", help="two rounds of a tenth: does it work, not how fast is it")
    parser.add_argument("--rounds", type=int, help="how often each contender is measured, in turns [5]")
    parser.add_argument("--seconds", type=int, help="of each run of wrk [3]")
    parser.add_argument("--scale", type=float, help="factor of everything that is counted [1]")
    parser.add_argument("--other", metavar="BINARY", help="another build to measure in the same rounds")
    parser.add_argument("--peers", action="store_true", help="also emulate, Prism and Mockoon, installed from npm")
    parser.add_argument("--json", metavar="FILE", help="where to write the figures [build/bench/last.json]")
    parser.add_argument("--html", metavar="FILE", help="where to write the page [build/bench/last.html]")
    parser.add_argument("--compare", nargs=2, metavar=("A.json", "B.json"), help="show what changed from A to B")
    parser.add_argument("--binary", default="build/bin/zest-sandbox", help=argparse.SUPPRESS)
    parser.add_argument("--bare", default="build/bin/bench_bare", help=argparse.SUPPRESS)
    parser.add_argument("--folder", default="build/bench", help=argparse.SUPPRESS)
    return parser.parse_args()


def measure(row, settings, binaries, peers):
    """{contender: [figures]}: all contenders of a row run at once and are measured in turns, in changing order."""
    values = {}
    with contextlib.ExitStack() as stack:
        once = {}
        others = peers.of(row.name) if peers else {}
        for name, contender in {**row.contenders(settings, binaries), **others}.items():
            once[name] = stack.enter_context(contender)
            values[name] = []
        for turn in range(min(settings.rounds, row.most_rounds)):
            for name in (list(once) if turn % 2 == 0 else reversed(list(once))):
                values[name].append(once[name]())
    return values


def machine():
    model = "unknown"
    with contextlib.suppress(OSError):
        for line in pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                model = line.partition(":")[2].strip()
                break
    return {"processor": model, "cores": os.cpu_count(), "system": platform.platform(),
            "load": [round(one, 2) for one in os.getloadavg()]}


def run(options):
    selected = chosen(options.rows or [".*"])
    if not options.rows and not options.all:
        selected = [row for row in selected if not any(mark in row.name for mark in LONG)]
    if options.list:
        for row in selected if options.rows else ROWS:
            print(f"{row.name:18} {row.title}")
        return 0
    amounts = QUICK if options.quick else {}
    amounts = {**amounts, **{name: value for name in ("rounds", "seconds", "scale")
                             if (value := getattr(options, name)) is not None}}
    settings = Settings(options.bare, options.folder, **amounts)
    binaries = {"sandbox": options.binary, **({"other": options.other} if options.other else {})}
    peers = Peers(settings) if options.peers else None
    results = []
    failed = False
    for row in selected:
        if row.missing and (why := row.missing(settings)):
            print(f"{row.name} is left out: {why}", file=sys.stderr)
            continue
        print(f"{row.name} …", file=sys.stderr, flush=True)
        try:
            results.append(report.result(row, measure(row, settings, binaries, peers)))
        except (Failed, AssertionError, OSError, KeyError, subprocess.SubprocessError) as problem:
            failed = True
            print(f"{row.name} could not be measured: {problem}", file=sys.stderr)
    document = {"format": report.FORMAT, "made": datetime.datetime.now().astimezone().isoformat(timespec="seconds"),
                "machine": machine(), "rounds": settings.rounds, "seconds": settings.seconds, "scale": settings.scale,
                "rows": results}
    print(report.table(document), end="")
    for path, text in ((options.json, json.dumps(document, indent=1) + "\n"), (options.html, report.page(document))):
        pathlib.Path(path).parent.mkdir(parents=True, exist_ok=True)
        pathlib.Path(path).write_text(text, encoding="utf-8")
    print(f"written: {options.json}, {options.html}", file=sys.stderr)
    return 1 if failed else 0


def main():
    options = arguments()
    options.json = options.json or f"{options.folder}/last.json"
    options.html = options.html or f"{options.folder}/last.html"
    try:
        if options.compare:
            print(report.compared(*map(report.load, options.compare)), end="")
            return 0
        return run(options)
    except Failed as problem:
        print(f"bench: {problem}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
