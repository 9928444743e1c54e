#!/usr/bin/env python3
"""Packs and installs a build folder, and runs what came out.

    package_test.py BUILD_DIR CPACK CMAKE
"""
import gzip
import pathlib
import subprocess
import sys
import tempfile


def output(*command):
    return subprocess.run([str(part) for part in command], check=True, stdout=subprocess.PIPE, text=True).stdout


def files_below(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir())


def main(build, cpack, cmake):
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        output(cpack, "-G", "DEB", "--config", build / "CPackConfig.cmake", "-B", scratch / "packed")
        package, = (scratch / "packed").glob("*.deb")
        version, architecture, depends = (output("dpkg-deb", "-f", package, field).strip()
                                          for field in ("Version", "Architecture", "Depends"))
        assert package.name == f"zest-sandbox_{version}_{architecture}.deb", package.name
        assert "libc6 (" in depends, depends
        output("dpkg-deb", "-x", package, scratch / "unpacked")
        output(cmake, "--install", build, "--prefix", scratch / "installed")
        expected = sorted([
            "bin/zest-sandbox", "share/bash-completion/completions/zest-sandbox",
            "share/fish/vendor_completions.d/zest-sandbox.fish", "share/man/man1/zest-sandbox.1.gz",
            "share/zsh/vendor-completions/_zest-sandbox",
            *(f"share/doc/zest-sandbox/{page}" for page in ("LICENSE", "README.md", "changelog.gz", "copyright"))])
        for prefix in (scratch / "unpacked" / "usr", scratch / "installed"):
            assert files_below(prefix) == expected, files_below(prefix)
            assert version in output(prefix / "bin" / "zest-sandbox", "version")
        changes = gzip.decompress((scratch / "installed/share/doc/zest-sandbox/changelog.gz").read_bytes()).decode()
        assert changes.startswith(f"zest-sandbox ({version}) "), "scripts/packaging/debian/changelog: another version"
    print(f"{package.name} depends on {depends}")


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]), *sys.argv[2:]))
