#!/usr/bin/env python3
"""The tarball, unpacked as a newcomer would:  tarball_test.py PACKAGES"""
import os
import sys
import tarfile
import unittest

from support import Scratch, clean_root, first_webhook, inside, packages_of_line, run, the_package

PACKAGES = None


class Tarball(Scratch, unittest.TestCase):
    def setUp(self):
        super().setUp()
        with tarfile.open(the_package(PACKAGES, "zest-sandbox-*-linux-*.tar.gz")) as tar:
            names = tar.getnames()
            tar.extractall(self.scratch)
        self.top = self.scratch / names[0]
        self.assertTrue(all(name.split("/")[0] == names[0] for name in names), "all in one folder")
        self.version = names[0].split("-")[2]

    def install(self, *arguments, status=0, **more):
        return run(self.top / "install.sh", *arguments, status=status, **more)

    def test_runs_in_a_root_with_nothing_but_glibc(self):
        root = clean_root(self.scratch / "root")
        self.top.rename(root / "anywhere")
        self.assertEqual(run(*inside(root), "/anywhere/bin/zest-sandbox", "version").stdout,
                         f"zest-sandbox {self.version}\n")
        seconds = first_webhook(*inside(root), "/anywhere/bin/zest-sandbox")
        print(f"from the start to the first webhook: {seconds:.2f} s")

    def test_every_bundled_library_is_the_one_that_is_used(self):
        used = run("ldd", self.top / "bin" / "zest-sandbox").stdout
        for library in (self.top / "lib" / "zest-sandbox").iterdir():
            self.assertRegex(used, rf"{library.name} => \S*/lib/zest-sandbox/{library.name} ".replace("+", r"\+"))

    def test_no_library_is_looked_for_in_the_working_directory(self):
        paths = run("objdump", "-p", self.top / "bin" / "zest-sandbox").stdout
        self.assertIn("RPATH                $ORIGIN/../lib/zest-sandbox\n", paths)

    def test_licence_of_each_library_is_in_it(self):
        pages = self.top / "share" / "doc" / "zest-sandbox" / "libraries"
        named = [line.split()[0] for line in (pages / "VERSIONS").read_text(encoding="utf-8").splitlines()]
        self.assertIn("libssl3", named)
        for name in named:
            self.assertGreater((pages / f"{name}.copyright").stat().st_size, 100, name)

    def test_install_puts_it_into_a_prefix_and_takes_it_out_again(self):
        prefix = self.scratch / "a prefix"
        for _ in range(2):  # an update is the same
            told = self.install(prefix).stdout
        self.assertIn(f"zest-sandbox {self.version} is in {prefix}/bin.", told)
        self.assertIn("not in your PATH", told)
        self.assertIn("1 passed", run(prefix / "bin" / "zest-sandbox", "scenario", "run", "happy-path", "--quiet").stdout)
        self.install("--uninstall", prefix)
        self.assertEqual([path for path in prefix.rglob("*") if not path.is_dir()], [])

    def test_prefix_may_be_named_by_an_option(self):
        for words in (["--prefix", "by option"], ["--prefix=by option"], ["by option"]):
            told = self.install(*words, cwd=self.scratch).stdout
            self.assertIn(f" is in {self.scratch}/by option/bin.\n", told)
            self.install("--uninstall", *words, cwd=self.scratch)
        for words, reason in ((["--prefix"], "the folder to install into has no name"), (["a", "--prefix=b"], "not two"),
                              (["--perfix", "a"], "there is no option --perfix")):
            told = self.install(*words, status=2, cwd=self.scratch).stderr
            self.assertRegex(told, rf"^zest-sandbox: [^\n]*{reason}[^\n]*\n$")
        self.assertIn("--prefix", self.install("--help").stdout)

    def test_no_home_is_said_in_one_sentence(self):
        environment = {"PATH": self.fake(id="echo 1000")["PATH"]}
        told = self.install(status=2, env=environment).stderr
        self.assertEqual(told, "zest-sandbox: there is no HOME to install below; say where: ./install.sh PREFIX\n")

    def test_wrong_architecture_is_said_in_one_sentence(self):
        environment = self.fake(uname='[ "$1" = -s ] && echo Linux || echo riscv64')
        told = self.install(self.scratch / "prefix", status=2, env=environment).stderr
        self.assertRegex(told, r"^zest-sandbox: this package is for \w+, and this machine is riscv64; .*\n$")
        self.assertFalse((self.scratch / "prefix").exists())

    def test_wrong_system_is_said_in_one_sentence(self):
        told = self.install(self.scratch / "prefix", status=2, env=self.fake(uname="echo Darwin")).stderr
        self.assertEqual(told, "zest-sandbox: this package is for Linux, and this is Darwin; the container image runs there\n")

    def test_missing_or_old_glibc_is_said_in_one_sentence(self):
        for answer, reason in (("exit 1", "which this system does not have"), ("echo glibc 2.31", "this system has 2.31")):
            told = self.install(self.scratch / "prefix", status=2, env=self.fake(getconf=answer)).stderr
            self.assertRegex(told, rf"^zest-sandbox: this package needs glibc 2\.36, .*{reason}; .*\n$")

    def test_missing_library_is_said_in_one_sentence(self):
        program = self.top / "bin" / "zest-sandbox"
        program.unlink()
        program.write_text("#!/bin/sh\necho \"$0: error while loading shared libraries: libcurl.so.4: cannot open it\" >&2; exit 127\n",
                           encoding="utf-8")
        program.chmod(0o755)
        told = self.install(self.scratch / "prefix", status=2).stderr
        self.assertRegex(told, r"^zest-sandbox: \S* does not run here: error while loading [^\n]*libcurl[^\n]*\n$")

    def test_unwritable_prefix_is_said_in_one_sentence(self):
        blocked = self.scratch / "file"
        blocked.touch()
        told = self.install(blocked, status=2).stderr
        self.assertRegex(told, r"^zest-sandbox: cannot write to .*; name another prefix, or run as root: .*\n$")


if __name__ == "__main__":
    PACKAGES, _ = packages_of_line()
    os.chdir("/")
    sys.exit(unittest.main())
