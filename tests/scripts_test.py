#!/usr/bin/env python3
"""Runs scripts/run and scripts/test on a scratch tree where the system's tools are fakes that note their calls."""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

PROJECT = pathlib.Path(__file__).resolve().parent.parent
NOTE = 'printf "%s\\n" "${0##*/} $*" >>"$CALLS"\n'
FAKES = {
    "g++": "", "pkg-config": "", "python3": "", "dpkg-shlibdeps": "", "file": "", "node": "", "curl": "",
    "clang++": "",
    # `sudo -v` wants a password even from users who need none for commands.
    "sudo": '[ -n "$SUDO_WORKS" ] && [ "$1" != -v ] || exit 1; [ "$1" != -n ] || shift; exec "$@"',
    "id": 'echo "$FAKE_UID"',
    "ccache": "exit 1",
    "dpkg-query": 'shift 3; for package; do [ "$package" = "$ABSENT" ] || echo "$package=installed"; done',
    "apt-get": NOTE,
    # Like the real ones as far as the scripts look at them.
    "cmake": NOTE + '''while [ $# -gt 0 ]; do
  case $1 in -B) folder=$2 ;; -DZEST_*) values="$values${1#-D}
" ;; esac
  shift
done
printf 'CMAKE_HOME_DIRECTORY:INTERNAL=%s\\n%s' "$PWD" "$values" | sed 's/^\\(ZEST_[A-Z_]*\\)=/\\1:BOOL=/' >"$folder/CMakeCache.txt"
touch "$folder/build.ninja"''',
    "ninja": '''cat >/dev/null
if [ -n "$BROKEN" ]; then echo "a.cpp:1: error: broken"; exit 1; fi
[ "$1" = -C ] && mkdir -p "$2/bin" && cp "$PROGRAM" "$2/bin/zest-sandbox" && cp "$FUZZER" "$2/bin/zest-fuzz"
echo "ninja: no work to do."''',
    "ctest": NOTE + 'echo "Total Test time (real) = 0.1 sec"; exit "${CTEST_CODE:-0}"',
}
PROGRAM = '''#!/bin/sh
echo "program: $*"
cat
exit 7
'''
FUZZER = "#!/bin/sh\n" + NOTE + '[ "$1" != "$BREAKING" ] || { echo "SUMMARY: it breaks"; exit 1; }\n'


class Scripts(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        top = pathlib.Path(scratch.name).resolve()
        self.tree = top / "a tree; with 'odd' names"
        self.tools = top / "tools"
        self.calls = top / "calls"
        self.tree.mkdir()
        self.tools.mkdir()
        shutil.copytree(PROJECT / "scripts", self.tree / "scripts")
        for name, body in FAKES.items():
            self.executable(self.tools / name, "#!/bin/sh\n" + body + "\n")
        self.executable(top / "program", PROGRAM)
        self.executable(top / "fuzzer", FUZZER)
        self.environment = {
            "PATH": f"{self.tools}:{os.environ['PATH']}", "CALLS": str(self.calls), "PROGRAM": str(top / "program"),
            "FUZZER": str(top / "fuzzer"),
            "FAKE_UID": "1000", "ABSENT": "",
        }

    @staticmethod
    def executable(path, text):
        path.write_text(text, encoding="utf-8")
        path.chmod(0o755)

    def call(self, script, *arguments, **environment):
        self.calls.write_text("", encoding="utf-8")
        return subprocess.run(
            [self.tree / "scripts" / script, *arguments], env={**self.environment, **environment}, cwd="/",
            input="the input", capture_output=True, text=True, timeout=50)

    def noted(self, tool):
        return [line for line in self.calls.read_text(encoding="utf-8").splitlines() if line.startswith(tool)]

    def test_run_becomes_the_program(self):
        result = self.call("run", "serve", "--name", "two words")
        self.assertEqual((result.returncode, result.stdout), (7, "program: serve --name two words\nthe input"))

    def test_run_without_arguments_is_the_demo(self):
        self.assertEqual(self.call("run").stdout, "program: demo\nthe input")

    def test_second_run_is_silent_and_configures_nothing(self):
        self.assertIn("configuring build", self.call("run").stderr)
        result = self.call("run", "version")
        self.assertEqual((result.stderr, self.noted("cmake")), ("", []))

    def test_unusable_tmpdir_reaches_the_program_only(self):
        for folder in ("relative", "/does/not exist"):
            self.assertEqual(self.call("run", TMPDIR=folder).returncode, 7)

    def test_missing_package_without_rights_is_named(self):
        result = self.call("run", ABSENT="libsqlite3-dev")
        self.assertEqual((result.returncode, result.stdout), (2, ""))
        self.assertIn("apt-get install -y --no-install-recommends libsqlite3-dev\n", result.stderr)
        self.assertEqual(self.noted("apt-get"), [])

    def test_missing_package_is_installed_by_root(self):
        result = self.call("run", ABSENT="libsqlite3-dev", FAKE_UID="0")
        self.assertEqual(result.returncode, 7)
        self.assertEqual([call.split()[-1] for call in self.noted("apt-get")], ["update", "libsqlite3-dev"])

    def test_missing_package_is_installed_through_sudo(self):
        result = self.call("run", ABSENT="libsqlite3-dev", SUDO_WORKS="yes")
        self.assertEqual((result.returncode, len(self.noted("apt-get"))), (7, 2))

    def test_broken_build_fails_with_the_compilers_words(self):
        result = self.call("run", BROKEN="yes")
        self.assertEqual((result.returncode, result.stdout), (1, ""))
        self.assertIn("a.cpp:1: error: broken\n", result.stderr)

    def test_copied_build_folder_is_configured_afresh(self):
        self.call("run")
        copy = self.tree.parent / "copy"
        shutil.copytree(self.tree, copy)
        self.tree = copy
        self.call("run")
        self.assertIn("--fresh", self.noted("cmake")[0])

    def test_tests_are_switched_on_in_the_folder_of_run_and_stay_on(self):
        self.call("run")
        self.call("test")
        self.assertEqual([call.split()[3:] for call in (c.replace(str(self.tree), "") for c in self.noted("cmake"))],
                         [["-DZEST_TESTS=ON", "-DZEST_WERROR=OFF", "-DZEST_LONG_TESTS=OFF"]])
        self.call("run")
        self.assertEqual(self.noted("cmake"), [])

    def test_ci_makes_warnings_errors(self):
        self.call("test", CI="true")
        self.assertIn("-DZEST_WERROR=ON", self.noted("cmake")[0])

    def test_a_plain_test_ends_what_a_fuller_one_switched_on(self):
        self.call("test", CI="true")
        self.call("test")
        self.assertEqual([call.split()[-1] for call in self.noted("cmake")], ["-DZEST_WERROR=OFF"])

    def test_ctest_speaks_last_and_gets_the_other_arguments(self):
        result = self.call("test", "--asan", "-R", "Decimal")
        self.assertEqual(result.stdout, "Total Test time (real) = 0.1 sec\n" * 2)
        self.assertEqual([call.split()[2].rpartition("/")[2] + call.partition("--no-tests=error")[2]
                          for call in (c.replace(str(self.tree), "") for c in self.noted("ctest"))],
                         ["build -R Decimal", "asan -R Decimal"])

    def fuzz(self, *arguments, **environment):
        for target in ("one", "two"):
            path = self.tree / f"tests/fuzz/{target}_target.cpp"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        result = self.call("fuzz", *arguments, **environment)
        return result, sorted(call.split()[1:3] for call in self.noted("zest-fuzz"))

    def test_fuzz_takes_each_target_in_turn(self):
        result, runs = self.fuzz()
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(runs, [["one", "-max_total_time=20"], ["two", "-max_total_time=20"]])

    def test_fuzz_takes_one_target_for_minutes(self):
        self.assertEqual(self.fuzz("two", "3")[1], [["two", "-max_total_time=180"]])
        self.assertEqual(self.fuzz("--list")[0].stdout, "one\ntwo\n")

    def test_fuzz_fails_when_an_input_breaks_something(self):
        result, runs = self.fuzz(BREAKING="one")
        self.assertEqual((result.returncode, len(runs)), (1, 2), result.stderr)
        self.assertIn("SUMMARY: it breaks", result.stderr)

    def test_fuzz_refuses_what_it_does_not_know(self):
        for arguments in (["three"], ["one", "soon"], ["one", "0"], ["--all"]):
            result, runs = self.fuzz(*arguments)
            self.assertEqual((result.returncode, runs), (2, []), arguments)

    def test_a_test_run_that_asks_for_them_includes_the_fuzzers(self):
        self.fuzz("--list")
        self.call("test", "--fuzz")
        self.assertEqual(len(self.noted("zest-fuzz")), 2)

    def package(self, *arguments, **environment):
        self.executable(self.tools / "python3", "#!/bin/sh\n" + NOTE)
        result = self.call("package", *arguments, **environment)
        tree = str(self.tree)
        return result, [call.replace(tree, "").split(" ", 1)[1] for call in self.noted("python3")]

    def test_package_makes_all_kinds_of_one_release_build(self):
        result, calls = self.package()
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("-DCMAKE_BUILD_TYPE=Release", self.noted("cmake")[0])
        self.assertEqual(calls, ["/scripts/packaging/make.py --build /build --out /build/packages tarball deb npm wheel image"])

    def test_package_tries_out_what_was_chosen(self):
        result, calls = self.package("--test", "tarball")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(calls, ["/scripts/packaging/make.py --build /build --out /build/packages tarball",
                                 "/tests/packaging/tarball_test.py /build/packages"])

    def test_package_refuses_a_kind_that_there_is_not(self):
        result, calls = self.package("rpm")
        self.assertEqual((result.returncode, calls), (2, []))
        self.assertIn("there is no package \"rpm\"; there are: tarball deb npm wheel image", result.stderr)

    def test_misspelt_option_is_refused(self):
        result = self.call("test", "--tsna")
        self.assertEqual((result.returncode, result.stdout), (2, ""))
        self.assertIn("unknown option --tsna", result.stderr)

    def test_first_failure_ends_the_run(self):
        result = self.call("test", "--asan", CTEST_CODE="8")
        self.assertEqual((result.returncode, len(self.noted("ctest"))), (8, 1))


if __name__ == "__main__":
    sys.exit(unittest.main())
