#!/usr/bin/env python3
"""The Debian package: what Debian's own checker says of it, and its first webhook.  deb_test.py PACKAGES"""
import os
import pathlib
import sys
import unittest

from support import Scratch, first_webhook, run, the_package

PACKAGES = None


class Deb(Scratch, unittest.TestCase):
    def test_lintian_has_nothing_to_say(self):
        told = run("lintian", "--allow-root", "--fail-on", "error,warning", the_package(PACKAGES, "*.deb"))
        self.assertEqual(told.stdout, "")

    def test_unpacked_it_sends_a_webhook(self):
        run("dpkg-deb", "-x", the_package(PACKAGES, "*.deb"), self.scratch)
        print(f"from the start to the first webhook: {first_webhook(self.scratch / 'usr/bin/zest-sandbox'):.2f} s")


if __name__ == "__main__":
    PACKAGES = pathlib.Path(sys.argv.pop(1)).resolve()
    os.chdir("/")
    sys.exit(unittest.main())
