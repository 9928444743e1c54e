#!/usr/bin/env python3
"""The container image, run as an engine runs it: the first process of a process namespace of its own, below its own root, on a
read-only file system, as whatever user.  image_test.py PACKAGES

With buildah (scripts/package --test image installs it) the archive is read back and run by it as well, and what it makes of the
Containerfile is compared.
"""
import hashlib
import json
import os
import pathlib
import re
import shutil
import sys
import tarfile
import time
import unittest

from support import PATIENCE, PROJECT, Receiver, Scratch, Served, packages_of_line, run, the_package

PACKAGES = None
LIMIT = 40 * 1000 * 1000
AS_ROOT = os.geteuid() == 0
# What an engine sets up before it starts the first process: /proc, a writable /dev/shm, and nothing else to write to.
ENGINE = """
set -e
mount --bind "$0" "$0"
mount -t proc proc "$0/proc"
mount -t tmpfs -o mode=1777 tmpfs "$0/dev/shm"
[ -z "$VOLUME" ] || mount --bind "$VOLUME" "$0/data"
mount -o remount,bind,ro "$0"
"""


class Image(Scratch, unittest.TestCase):
    def setUp(self):
        super().setUp()
        self.root = self.scratch / "root"
        self.root.mkdir()
        with tarfile.open(the_package(PACKAGES, "*-image-*.tar")) as archive:
            manifest, = json.load(archive.extractfile("manifest.json"))
            self.tags = manifest["RepoTags"]
            self.config = json.load(archive.extractfile(manifest["Config"]))
            layer, = manifest["Layers"]
            self.layer = archive.extractfile(layer).read()
            (self.scratch / "layer.tar").write_bytes(self.layer)
        with tarfile.open(self.scratch / "layer.tar") as files:
            self.members = files.getmembers()
            files.extractall(self.root)
        for name in ("proc", "dev/shm"):
            (self.root / name).mkdir(parents=True)

    def command(self, user="12345:0"):
        identity = [f"--userspec={user}"] if AS_ROOT else []
        mapped = [] if AS_ROOT else ["--map-root-user"]
        script = f'{ENGINE}exec chroot {" ".join(identity)} "$0" "$@"'
        return ["unshare", *mapped, "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", script, str(self.root),
                *self.config["config"]["Entrypoint"]]

    def environment(self, **more):
        variables = dict(variable.split("=", 1) for variable in self.config["config"]["Env"])
        return {"PATH": os.environ["PATH"], "VOLUME": "", **{k: v for k, v in variables.items() if k != "PATH"}, **more}

    def served(self, user="12345:0", options=(), **variables):
        return Served(*self.command(user), options=options, env=self.environment(**variables), signal_child=True)

    def test_it_is_small_and_has_only_what_runs(self):
        self.assertLess(len(self.layer), LIMIT)
        self.assertEqual(self.config["rootfs"]["diff_ids"], [f"sha256:{hashlib.sha256(self.layer).hexdigest()}"])
        self.assertEqual([member.name for member in self.members if member.mode & 0o6000], [], "nothing sets a user id")
        self.assertEqual([member.name for member in self.members if member.name.startswith("bin/")], ["bin/zest-sandbox"])
        self.assertNotIn(self.config["config"]["User"].split(":")[0], ("", "0", "root"))
        self.assertRegex(self.tags[0], r"^zest-sandbox:\d+\.\d+\.\d+$")

    def test_any_user_on_a_read_only_file_system_gets_a_webhook(self):
        for user in ("12345:0", self.config["config"]["User"]):
            began = time.monotonic()
            with Receiver() as receiver, self.served(user, ["--webhook-url", receiver.url]) as sandbox:
                self.assertRegex(sandbox.told["adminToken"], r"^\S{16,}$", "made, as it listens on all addresses")
                self.assertIn(f"admin token     {sandbox.told['adminToken']}", "".join(sandbox.output))
                port = sandbox.url.rpartition(":")[2]
                # As the health check and `docker exec` do it: the same environment, by the port in it.
                inside = [*self.command(user)[:-1], "/bin/zest-sandbox"]
                env = self.environment(ZEST_SANDBOX_PORT=port)
                run(*inside, *self.config["config"]["Healthcheck"]["Test"][2:], env=env)
                run(*inside, "trigger", "investor.created", "--admin-token", sandbox.told["adminToken"], env=env)
                receiver.wait_for(lambda got: any(event == "investor.created" for _, event, _ in got))
                print(f"from the start to the first webhook: {time.monotonic() - began:.2f} s")

    def test_health_check_fails_where_nothing_serves(self):
        run(*self.command(), "readyz", status=3, env=self.environment(ZEST_SANDBOX_PORT="1"))

    def test_the_first_process_stops_by_a_signal_and_leaves_no_zombie(self):
        with self.served() as sandbox:
            # Orphans of a namespace become children of its first process.
            run("nsenter", f"--target={sandbox.child}", "--pid", "--", "sh", "-c", "sleep 0.2 & sleep 0 &")
            children = pathlib.Path(f"/proc/{sandbox.child}/task/{sandbox.child}/children")
            until = time.monotonic() + PATIENCE
            while children.read_text(encoding="ascii"):
                self.assertLess(time.monotonic(), until, "a zombie stays")
            sandbox.stop()
            self.assertEqual(sandbox.process.returncode, 0)

    def test_a_volume_keeps_the_state(self):
        volume = self.scratch / "volume"
        volume.mkdir()
        volume.chmod(0o777)
        token = "a-token-of-our-own"
        for expected in (0, 1):
            with self.served(options=["--db", "/data/state.db", "--clock", "manual", "--admin-token", token],
                             VOLUME=str(volume)) as sandbox:
                self.assertNotIn("adminToken", sandbox.told, "one that was given is nobody's business")
                inside = [*self.command()[:-1], "/bin/zest-sandbox"]
                env = self.environment(ZEST_SANDBOX_URL=sandbox.url.replace("0.0.0.0", "127.0.0.1"), ZEST_SANDBOX_ADMIN_TOKEN=token)
                listed = json.loads(run(*inside, "webhook-deliveries", "list", "--json", env=env).stdout)
                self.assertEqual(listed["count"], expected)
                if expected == 0:
                    run(*inside, "trigger", "investor.created", "--no-wait", env=env)

    def test_nowhere_to_write_is_one_sentence(self):
        command = self.command()
        command[command.index("-c") + 1] = command[command.index("-c") + 1].replace("mode=1777", "mode=0755")
        told = run(*command, "serve", "--port", "0", status=2, env=self.environment()).stderr
        self.assertRegex(told, r"^zest-sandbox: No temporary folder can be made in /tmp: Read-only file system\. .*\n$")

    def test_examples_name_what_the_image_has(self):
        folder = PROJECT / "scripts" / "packaging" / "container"
        for name in ("compose.yaml", "kubernetes.yaml"):
            text = (folder / name).read_text(encoding="utf-8")
            self.assertIn(f"image: {self.tags[0]}", text)
            for variable in re.findall(r"ZEST_SANDBOX_\w+", text):
                option = "--" + variable[len("ZEST_SANDBOX_"):].lower().replace("_", "-")
                self.assertIn(option, run(*self.command(), "serve", "--help", env=self.environment()).stdout, variable)


class Buildah(Scratch, unittest.TestCase):
    """Neither docker nor podman runs in every place where tests do; buildah with its chroot isolation does."""

    def buildah(self, *arguments):
        storage = ["--root", self.scratch / "storage", "--runroot", self.scratch / "run", "--storage-driver", "vfs"]
        return ["buildah", *map(str, storage), *map(str, arguments)]

    def test_the_archive_reads_back_and_runs(self):
        archive = f"docker-archive:{the_package(PACKAGES, '*-image-*.tar')}"
        container = run(*self.buildah("from", archive)).stdout.strip()
        inside = self.buildah("run", "--isolation", "chroot", "--user", "12345", container, "--", "/bin/zest-sandbox")
        self.assertRegex(run(*inside, "version").stdout, r"^zest-sandbox \d")
        with Receiver() as receiver, Served(*inside, options=["--webhook-url", receiver.url, "--host", "127.0.0.1"]) as sandbox:
            run(*inside, "trigger", "investor.created", "--url", sandbox.url)
            receiver.wait_for(lambda got: any(event == "investor.created" for _, event, _ in got))

    def test_the_containerfile_makes_the_same_image(self):
        archive = the_package(PACKAGES, "*-image-*.tar")
        context = self.scratch / "context"
        (context / "rootfs").mkdir(parents=True)
        with tarfile.open(archive) as tar:
            manifest, = json.load(tar.extractfile("manifest.json"))
            ours = json.load(tar.extractfile(manifest["Config"]))["config"]
            with tarfile.open(fileobj=tar.extractfile(manifest["Layers"][0])) as layer:
                layer.extractall(context / "rootfs")
        shutil.copy(PROJECT / "scripts/packaging/container/Containerfile", context)
        version = ours["Labels"]["org.opencontainers.image.version"]
        run(*self.buildah("build", "--format", "docker", "--isolation", "chroot", "--build-arg", f"VERSION={version}",
                          "--tag", "from-containerfile", context))
        theirs = json.loads(run(*self.buildah("inspect", "--type", "image", "from-containerfile")).stdout)["Docker"]["config"]
        theirs["Labels"].pop("io.buildah.version", None)
        for name, value in ours.items():
            self.assertEqual(theirs.get(name), value, name)


if __name__ == "__main__":
    PACKAGES, light = packages_of_line()
    if light:
        del Buildah
    sys.exit(unittest.main())
