#!/usr/bin/env python3
"""What shells offer, asked as their scripts ask, and through bash, zsh and fish themselves where they are installed; the
manual page; and a sandbox that ends with its input.

    completion_test.py BINARY
"""
import os
import shutil
import subprocess
import sys
import tempfile

from sandbox_process import PATIENCE, Sandbox, clean_environment, main


def offered(binary, *words, environment=None):
    """(candidates, what else the shell offers)"""
    told = subprocess.run([binary, "__complete", *words], capture_output=True, text=True, timeout=PATIENCE, check=True,
                          env={**clean_environment(), "ZEST_SANDBOX_URL": "http://127.0.0.1:1", **(environment or {})})
    assert told.stderr == "", told.stderr
    *lines, beside = told.stdout.splitlines()
    return [line.split("\t")[0] for line in lines], beside


def commands_and_options(binary):
    assert {"serve", "trigger", "completion", "clock"} <= set(offered(binary, "")[0])
    assert offered(binary, "cl") == (["clock"], ":")
    assert offered(binary, "clock", "") == (["show", "advance"], ":"), offered(binary, "clock", "")
    assert "--time-scale" in offered(binary, "serve", "--ti")[0]
    assert "--time-scale" in offered(binary, "--ti")[0], "a bare call serves"
    assert offered(binary, "help", "clock", "adv") == (["advance"], ":")
    assert offered(binary, "exec", "--clock", "manual", "--", "") == ([], ":commands")
    assert offered(binary, "scenario", "run", "--fail") == (["--fail-on-warnings"], ":")
    assert offered(binary, "no-such-command", "") == ([], ":")


def values(binary):
    assert offered(binary, "serve", "--clock", "") == (["real", "manual"], ":")
    assert offered(binary, "serve", "--clock=m") == (["--clock=manual"], ":")
    assert offered(binary, "webhook-deliveries", "list", "--status", "d") == (["delivered", "dead"], ":")
    assert offered(binary, "trigger", "investor.") == (["investor.created"], ":")
    assert offered(binary, "trigger", "investor.created", "") == ([], ":"), "it takes one"
    assert offered(binary, "completion", "") == (["bash", "zsh", "fish"], ":")
    assert offered(binary, "serve", "--db", "") == ([], ":files")
    names, beside = offered(binary, "chaos", "add", "client-f")
    assert (names, beside) == (["client-faults"], ":files"), (names, beside)
    assert offered(binary, "chaos", "actions", "lost") == (["lostAck"], ":")
    assert offered(binary, "requests", "list", "--operation", "createS") == (["createSpvRequest", "createSubscriptions"], ":")
    assert offered(binary, "requests", "list", "--idempotency-outcome", "") == (["executed", "replayed", "conflict"], ":")
    assert offered(binary, "explain", "") == (["last"], ":"), "nobody is there"
    assert offered(binary, "exec", "--pack", "client-f")[0] == ["client-faults"]
    names, beside = offered(binary, "scenario", "run", "happy-path", "dup")
    assert (names, beside) == (["duplicates"], ":files"), (names, beside)


def ids_of_a_running_sandbox(binary):
    with Sandbox(binary) as sandbox:
        at = {"ZEST_SANDBOX_URL": sandbox.url}
        token = sandbox.token()
        sample = sandbox.get("/v1/contracts/samples/1.0.0/syndicate_secondary")
        made = sandbox.post("/v1/spv-requests", sample, token=token, headers={"Idempotency-Key": "completion"})
        slug = made["spvRequestSlug"]
        assert offered(binary, "spv-requests", "approve", "", environment=at) == ([slug], ":")
        assert offered(binary, "spv-requests", "approve", "--url", sandbox.url, "svr_")[0] == [slug], "--url says where"
        delivery, = offered(binary, "webhook-deliveries", "show", "wde_", environment=at)[0]
        assert delivery == sandbox.deliveries()["documents"][0]["deliveryId"]
        assert offered(binary, "clock", "advance", "--client-id", "", environment=at)[0] == ["client_acme"]
        assert offered(binary, "partners", "show", "", environment=at) == (["client_acme"], ":")
        sandbox.call("GET", "/v1/spv-requests/svr_none", token=token)
        wrong = sandbox.get("/_sandbox/requests?failed=true")["documents"][0]["errorId"]
        assert offered(binary, "explain", "", environment=at)[0] == ["last", wrong]
        rule = sandbox.post("/_sandbox/chaos/rules", {"on": "webhook", "action": {"type": "duplicate"}})["id"]
        assert offered(binary, "chaos", "remove", "", environment=at)[0] == [rule]
    assert offered(binary, "spv-requests", "approve", "", environment=at) == ([], ":"), "nobody is there"


def in_bash(binary):
    """Through the script itself, with the variables that bash sets at a press of the key."""
    script = subprocess.run([binary, "completion", "bash"], capture_output=True, text=True, check=True).stdout
    for line, expected in (("zest-sandbox clo", "clock"), ("zest-sandbox serve --clock=m", "manual"),
                           ("zest-sandbox trigger subscription.c", "subscription.created subscription.completed")):
        run = script + f"COMP_LINE='{line}'; COMP_POINT=${{#COMP_LINE}}; compopt() {{ :; }}; _zest_sandbox; " \
                       'echo "${COMPREPLY[*]}"'
        told = subprocess.run(["bash", "-c", run], capture_output=True, text=True, check=True, timeout=PATIENCE,
                              env={**clean_environment(), "PATH": f"{binary.parent}:{os.environ['PATH']}"})
        assert (told.stdout.strip(), told.stderr) == (expected, ""), (line, told)


def in_fish(binary):
    if not shutil.which("fish"):
        return
    script = subprocess.run([binary, "completion", "fish"], capture_output=True, text=True, check=True).stdout
    with tempfile.TemporaryDirectory() as home:
        told = subprocess.run(["fish", "--no-config", "-c", script + "complete -C 'zest-sandbox trigger investor.'"],
                              capture_output=True, text=True, check=True, timeout=PATIENCE,
                              env={**clean_environment(), "HOME": home, "PATH": f"{binary.parent}:{os.environ['PATH']}"})
    assert told.stdout == "investor.created\n", told


def in_zsh(binary):
    if not shutil.which("zsh"):
        return
    script = subprocess.run([binary, "completion", "zsh"], capture_output=True, text=True, check=True).stdout
    run = "compdef() { :; }; _describe() { print -l ${(P)2}; }; _files() { print files; }\n" + script + \
        "words=(zest-sandbox scenario show happy); CURRENT=4; _zest_sandbox; words=(zest-sandbox serve --db ''); CURRENT=4; _zest_sandbox"
    told = subprocess.run(["zsh", "-f", "-c", run], capture_output=True, text=True, check=True, timeout=PATIENCE,
                          env={**clean_environment(), "PATH": f"{binary.parent}:{os.environ['PATH']}"})
    assert (told.stdout, told.stderr) == ("happy-path\nfiles\n", ""), told


def manual_page(binary):
    page = subprocess.run([binary, "help", "--man"], capture_output=True, text=True, check=True).stdout
    assert page.startswith(".TH ZEST\\-SANDBOX 1 "), page[:80]
    for words in ("\\-\\-time\\-scale", "zest\\-sandbox webhook\\-deliveries retry\\-all", ".SH EXIT STATUS"):
        assert words in page, words
    if shutil.which("man"):
        warned = subprocess.run(["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", "/dev/stdin"], input=page,
                                capture_output=True, text=True, check=True, env={**os.environ, "MANROFFSEQ": ""})
        assert warned.stderr == "", warned.stderr


def ends_with_its_input(binary):
    with Sandbox(binary) as sandbox:  # one that does not ask for it does not care
        assert sandbox.get("/_sandbox/readyz")
    process = subprocess.Popen([binary, "serve", "--port", "0", "--end-with-input"], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=clean_environment())
    for line in process.stdout:
        if line.strip() == "Ready.":
            break
    process.stdin.write("nobody reads this\n")
    process.stdin.flush()
    assert process.poll() is None
    process.stdin.close()
    assert process.wait(PATIENCE) == 0
    process.stdout.close()


if __name__ == "__main__":
    sys.exit(main([commands_and_options, values, ids_of_a_running_sandbox, in_bash, in_fish, in_zsh, manual_page,
                   ends_with_its_input]))
