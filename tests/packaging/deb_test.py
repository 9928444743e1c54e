#!/usr/bin/env python3
"""The Debian package: what Debian's own checker says of it, and its first webhook.  deb_test.py PACKAGES"""
import os
import pathlib
import sys
import unittest

from support import Scratch, first_webhook, run, the_package

PACKAGES = None


class Deb(Scratch, unittest.TestCase):
    def test_lintian_finds_no_error(self):
        run("lintian", "--allow-root", "--fail-on", "error", the_package(PACKAGES, "*.deb"))

    def test_unpacked_it_sends_a_webhook(self):
        run("dpkg-deb", "-x", the_package(PACKAGES, "*.deb"), self.scratch)
        print(f"from the start to the first webhook: {first_webhook(self.scratch / 'usr/bin/zest-sandbox'):.2f} s")


if __name__ == "__main__":
    PACKAGES = pathlib.Path(sys.argv.pop(1)).resolve()
    os.chdir("/")
    sys.exit(unittest.main())
