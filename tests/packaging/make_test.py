#!/usr/bin/env python3
"""Makes the packages that need nothing but Python and the build folder: twice, compared, and tried out.

    make_test.py BUILD_DIR
"""
import os
import pathlib
import sys
import unittest

from support import PROJECT, Scratch, run, the_package

BUILD = None
LIGHT = ("tarball", "npm", "wheel", "image")
MAKE = PROJECT / "scripts" / "packaging" / "make.py"


def make(out, *kinds, build=None, status=0, **more):
    return run(sys.executable, MAKE, "--build", build or BUILD, "--out", out, *kinds, status=status, **more)


class Making(Scratch, unittest.TestCase):
    def test_same_inputs_give_the_same_bytes_and_each_package_works(self):
        one, two = self.scratch / "one", self.scratch / "two"
        environment = {**os.environ, "SOURCE_DATE_EPOCH": "1000000000"}
        make(one, *LIGHT, env=environment)
        environment.update(TZ="Asia/Tokyo", LC_ALL="C")
        make(two, *LIGHT, env=environment, cwd="/", umask=0o077)
        sums = [(folder / "SHA256SUMS").read_text(encoding="utf-8") for folder in (one, two)]
        self.assertEqual(*sums)
        self.assertIn("OK\n", run("sha256sum", "-c", "SHA256SUMS", cwd=one).stdout)
        listed = run("tar", "tvf", the_package(one, "*.tar.gz"), env={**os.environ, "TZ": "UTC"}).stdout.splitlines()
        self.assertEqual([line for line in listed if "2001-09-09 01:46" not in line], [])
        for kind in (*LIGHT, "action"):
            with self.subTest(kind):
                print(run(sys.executable, pathlib.Path(__file__).parent / f"{kind}_test.py", one, "--light").stdout, end="")

    def refusal(self, **more):
        told = make(self.scratch / "out", "tarball", status=1, **more).stderr
        self.assertEqual(told.count("\n"), 1, told)
        return told

    def test_missing_library_is_said_in_one_sentence(self):
        environment = self.fake(ldd="echo 'libcurl.so.4 => not found'")
        self.assertIn("the library libcurl.so.4 is not on this system; run scripts/run", self.refusal(env=environment))

    def test_system_with_a_newer_glibc_is_said_in_one_sentence(self):
        environment = self.fake(objdump="echo '    0x01 0x00 02 GLIBC_2.38'")
        self.assertIn("needs glibc 2.38, and the tarball promises to run with 2.36", self.refusal(env=environment))

    def test_unbuilt_folder_and_one_that_is_no_release_are_refused(self):
        self.assertIn("is not there; run scripts/package", self.refusal(build=self.scratch))
        folder = self.scratch / "debug"
        (folder / "bin").mkdir(parents=True)
        (folder / "bin" / "zest-sandbox").touch()
        cache = (BUILD / "CMakeCache.txt").read_text(encoding="utf-8")
        (folder / "CMakeCache.txt").write_text(cache.replace("=Release\n", "=Debug\n"), encoding="utf-8")
        self.assertIn("holds no Release build", self.refusal(build=folder))

    def test_date_that_is_none_and_folder_that_cannot_be_written_are_refused(self):
        environment = {**os.environ, "SOURCE_DATE_EPOCH": "yesterday"}
        self.assertIn("SOURCE_DATE_EPOCH is \"yesterday\"", self.refusal(env=environment))
        (self.scratch / "out").touch()
        self.assertIn("File exists", self.refusal())


if __name__ == "__main__":
    BUILD = pathlib.Path(sys.argv.pop(1)).resolve()
    sys.exit(unittest.main())
