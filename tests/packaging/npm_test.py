#!/usr/bin/env python3
"""The npm packages, installed from their files:  npm_test.py PACKAGES MODULES, or --light PACKAGES

With --light they are unpacked to where npm would put them, and their API is tried out by node:test. With MODULES, a
folder whose node_modules holds what npm/package.json names, npm installs them without a network, and the examples run with
node:test, vitest, Express and the TypeScript compiler as well.
"""
import json
import os
import pathlib
import shutil
import sys
import tarfile
import unittest

from support import PROJECT, Scratch, clean_environment, first_webhook, packages_of_line, run, the_package

PACKAGES = None
MODULES = None
EXAMPLES = PROJECT / "scripts" / "packaging" / "npm" / "examples"
HERE = pathlib.Path(__file__).resolve().parent


def packages():
    return {"zest-sandbox": the_package(PACKAGES, "zest-sandbox-[0-9]*.tgz"),
            "zest-sandbox-linux": the_package(PACKAGES, "zest-sandbox-linux-*.tgz")}


def unpack(folder):
    """As npm installs them."""
    for package in packages().values():
        with tarfile.open(package) as tar:
            about = json.load(tar.extractfile("package/package.json"))
            tar.extractall(folder / "unpacked")
        target = folder / "node_modules" / about["name"]
        target.parent.mkdir(exist_ok=True)
        (folder / "unpacked" / "package").rename(target)


class Npm(Scratch, unittest.TestCase):
    def environment(self):
        return {**clean_environment(), "ZEST_MODULES": str(self.scratch)}

    def test_every_call_of_the_api(self):
        unpack(self.scratch)
        run("node", "--test", HERE / "npm" / "api_test.mjs", env=self.environment())

    def test_every_event_has_a_type(self):
        unpack(self.scratch)
        types = (self.scratch / "node_modules" / "zest-sandbox" / "schemas.d.ts").read_text(encoding="utf-8")
        names = [line.split('"')[1] for line in
                 (PROJECT / "server/protocol/event_type.h").read_text(encoding="utf-8").splitlines()
                 if line.strip().startswith('"') and "." in line.split('"')[1]]
        self.assertGreaterEqual(len(names), 9)
        for name in names:
            self.assertIn(f'eventType: "{name}";', types)
            words = "".join(word.capitalize() for word in name.replace(".", "_").split("_"))
            self.assertIn(f"export type {words}Event = PartnerApi.{words}Event;", types)


class Installed(Scratch, unittest.TestCase):
    """What needs npm and packages of others."""

    def install(self):
        (self.scratch / "package.json").write_text('{"private": true}', encoding="utf-8")
        run("npm", "install", "--offline", "--no-audit", "--no-fund", *packages().values(), cwd=self.scratch)
        for name in os.listdir(MODULES / "node_modules"):
            if not (self.scratch / "node_modules" / name).exists():
                (self.scratch / "node_modules" / name).symlink_to(MODULES / "node_modules" / name)
        for example in EXAMPLES.iterdir():
            shutil.copy(example, self.scratch)

    @staticmethod
    def tool(name):
        return MODULES / "node_modules" / ".bin" / name

    def test_the_command_sends_a_webhook(self):
        self.install()
        self.assertRegex(run("npx", "--offline", "zest-sandbox", "version", cwd=self.scratch).stdout, r"^zest-sandbox \d")
        # npx passes no signals on; what it calls does.
        seconds = first_webhook(self.scratch / "node_modules" / ".bin" / "zest-sandbox", cwd=self.scratch)
        print(f"from the start to the first webhook: {seconds:.2f} s")

    def test_examples_run_with_node_test_express_and_vitest(self):
        self.install()
        run("node", "--test", "receiver.test.mjs", "express.test.mjs", cwd=self.scratch)
        run(self.tool("vitest"), "run", "vitest.test.ts", cwd=self.scratch, env={**clean_environment(), "CI": "true"})

    def test_tools_for_agents_work_with_the_official_client(self):
        self.install()
        shutil.copy(HERE / "npm" / "mcp.test.mjs", self.scratch)
        run("node", "--test", "mcp.test.mjs", cwd=self.scratch)

    def test_types_are_right_and_wrong_uses_are_found(self):
        self.install()
        check = [self.tool("tsc"), "--noEmit", "--strict", "--module", "nodenext", "--target", "es2022", "--types", "node", "--lib",
                 "es2022,esnext.disposable,dom"]
        run(*check, "vitest.test.ts", "--skipLibCheck", cwd=self.scratch)
        (self.scratch / "wrong.ts").write_text(
            "import {type WebhookEvent} from 'zest-sandbox';\n"
            "export const reason = (event: WebhookEvent) =>\n"
            "  event.eventType === 'investor.created' ? event.data.rejectionReason : '';\n", encoding="utf-8")
        told = run(*check, "wrong.ts", cwd=self.scratch, status=2).stdout
        self.assertIn("'rejectionReason' does not exist", told)


if __name__ == "__main__":
    PACKAGES, light = packages_of_line()
    if light:
        del Installed
    else:
        MODULES = pathlib.Path(sys.argv.pop(1)).resolve()
    sys.exit(unittest.main())
