#!/usr/bin/env python3
"""Runs what the papers show, as it stands: the curl walk-through line by line, the Python and Node examples, the CI job,
the scenario. Also checks that README.md stays a front page from which every page is one click away, that no link of
any page leads nowhere, and that the page of options has all of them.

usage: readme_test.py BINARY SOURCE_FOLDER
"""

import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile


FRONT_PAGE_LINES = 220


def block(papers, marker):
    """The one block of that marker in all pages."""
    found = [match for text in papers.values()
             for match in re.findall(r"^```" + re.escape(marker) + r"\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)]
    if len(found) != 1:
        sys.exit(f"the pages have {len(found)} blocks marked '{marker}', not one")
    return found[0]


def check_pages(source, papers):
    front = papers["README.md"]
    if len(front.splitlines()) > FRONT_PAGE_LINES:
        sys.exit(f"README.md has {len(front.splitlines())} lines, {FRONT_PAGE_LINES} are the limit of a front page")
    linked = set()
    for name, text in papers.items():
        for target in re.findall(r"\]\((?!https?:|#)([^)#\s]+)", re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)):
            path = (source / name).parent / target
            if not path.exists():
                sys.exit(f"{name} links to {target}, which does not exist")
            if name == "README.md":
                linked.add(path.resolve().relative_to(source).as_posix())
    if missing := sorted(set(papers) - linked - {"README.md"}):
        sys.exit(f"README.md does not link to {', '.join(missing)}")


def check_options(papers, binary):
    """Every option of serve stands in the page of options."""
    shown = subprocess.run([binary, "serve", "--help"], capture_output=True, text=True, timeout=60, check=True).stdout
    options = sorted(set(re.findall(r"^ +(--[a-z][a-z-]+)", shown, re.MULTILINE)))
    missing = [option for option in options if f"`{option}" not in papers["server/OPTIONS.md"]]
    if missing or len(options) < 20:
        sys.exit(f"server/OPTIONS.md lacks {', '.join(missing)} of {len(options)} options")


def run(arguments, folder, environment, what):
    done = subprocess.run(arguments, cwd=folder, env=environment, capture_output=True, text=True, timeout=120)
    if done.returncode != 0:
        sys.exit(f"{what} failed with {done.returncode}:\n{done.stdout}\n{done.stderr}")
    return done.stdout


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def run_ci_job(papers, binary, source, folder, environment):
    """The lines that the workflow runs, but those that install something, on a checkout with the job's script."""
    (folder / "ci").mkdir()
    (folder / "tests").symlink_to(source / "tests")
    script = block(papers, "sh webhooks.sh").replace("3000", str(free_port()))
    (folder / "ci" / "webhooks.sh").write_text(script, encoding="utf-8")
    lines = re.findall(r"^ +run: (.*)$", block(papers, "yaml webhooks.yml"), re.MULTILINE)
    lines = [line for line in lines if not line.startswith("sudo apt-get install ")]
    if not lines:
        sys.exit("the workflow runs nothing")
    path = f"{binary.parent}{os.pathsep}{environment['PATH']}"
    shown = run(["sh", "-e", "-c", "\n".join(lines)], folder, {**environment, "PATH": path}, "the CI job")
    # Its webhooks went from the sandbox to the application: all seven on the way to a completed subscription.
    if "answered 200" not in shown or shown.count(" delivered ") < 7:
        sys.exit(f"the CI job does not deliver webhooks to the application:\n{shown}")
    if "Grade A" not in shown or "subscription.completed emitted" not in shown:
        sys.exit(f"the CI job does not show the grade:\n{shown}")
    for report in ("webhooks.xml", "webhooks.html"):
        if not (folder / report).read_text(encoding="utf-8").strip():
            sys.exit(f"the CI job leaves no {report}")


def main():
    binary, source = (pathlib.Path(argument).resolve() for argument in sys.argv[1:])
    papers = {path.relative_to(source).as_posix(): path.read_text(encoding="utf-8")
              for folder in (".", "server", "scenarios", "tests", "fixtures", "fixtures/*")
              for path in sorted(source.glob(f"{folder}/*.md"))}
    check_pages(source, papers)
    check_options(papers, binary)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        port_file = folder / "port"
        sandbox = subprocess.Popen([binary, "serve", "--port", "0", "--port-file", port_file, "--log-level", "off"],
                                   stdout=subprocess.PIPE, text=True)
        try:
            for line in sandbox.stdout:
                if line.strip() == "Ready.":
                    break
            url = f"http://127.0.0.1:{port_file.read_text().strip()}"
            environment = {**os.environ, "ZEST_SANDBOX_URL": url, "ZEST_SANDBOX_BINARY": str(binary)}

            (folder / "build").symlink_to(binary.parent.parent)
            script = block(papers, "sh walkthrough").replace("http://127.0.0.1:8080", url)
            shown = run(["sh", "-e", "-c", script], folder, environment, "the walk-through")
            for expected in ('"clientId":"client_acme"', '"status":"pending-review"', '"status":"approved"',
                             "spv_request.completed"):
                if expected not in shown:
                    sys.exit(f"the walk-through does not show {expected}:\n{shown}")

            for marker, expected in (("sh exec", '"versions":["1.0.0"]'), ("sh trigger", '"subscription.completed"')):
                shown = run(["sh", "-e", "-c", block(papers, marker)], folder, environment, marker)
                if expected not in shown:
                    sys.exit(f"the block '{marker}' does not show {expected}:\n{shown}")

            for marker, command in (("python partner_test.py", [sys.executable]), ("js partner_test.mjs", ["node"])):
                file = folder / marker.split()[1]
                file.write_text(block(papers, marker), encoding="utf-8")
                if run([*command, file], folder, environment, file.name).strip() != "ok":
                    sys.exit(f"{file.name} did not end with ok")
            run_ci_job(papers, binary, source, folder, environment)

            file = folder / "my-case.json"
            file.write_text(block(papers, "json " + file.name), encoding="utf-8")
            run([binary, "scenario", "run", file], folder, environment, file.name)
        finally:
            sandbox.terminate()
            sandbox.wait(timeout=60)
    print("The papers: the walk-through, both examples and the CI job hold")


if __name__ == "__main__":
    main()
