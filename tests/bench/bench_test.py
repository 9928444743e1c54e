#!/usr/bin/env python3
"""scripts/bench as far as it can be checked without a quiet machine: what the table says of given figures, and a run
with tiny counts in which a stand-in for wrk makes one request. No figure is judged.

    bench_test.py BINARY BENCH_BARE
"""
import html.parser
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest
import unittest.mock

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import report  # noqa: E402
from rows import ROWS, Row, chosen  # noqa: E402

BINARY, BARE = sys.argv.pop(1), sys.argv.pop(1)
# Understands what rows give it, asks once, and talks like wrk.
WRK = f'''#!{sys.executable}
import sys, urllib.request
words = sys.argv[1:]
headers = dict(word.split(": ", 1) for before, word in zip(words, words[1:]) if before == "-H")
posts = "-s" in words
if posts:
    script = open(words[words.index("-s") + 1], encoding="utf-8").read()
    name = "one-" + str(abs(hash(script)))
    headers.update({{"Content-Type": "application/json", "Idempotency-Key": name}})
body = b'{{"investors":[]}}' if posts else None
urllib.request.urlopen(urllib.request.Request(words[-1], body, headers), timeout=60).read()
print("  1000 requests in 1.00s\\nRequests/sec:   1000.00")
'''


def a_row(name="get", better=True, must=0.5, aim=1.0, ratio=True):
    return Row(name, "a title", "per s", better, must, aim, ratio, None)


class Reports(unittest.TestCase):
    def test_a_ratio_is_of_figures_of_one_round(self):
        found = report.result(a_row(), {"bare": [100, 10], "sandbox": [50, 10]})
        self.assertEqual(found["ratios"]["sandbox"], {"median": 0.75, "min": 0.5, "max": 1.0})
        self.assertEqual(found["figures"]["bare"], {"median": 55, "min": 10, "max": 100})

    def test_goals_are_held_against_the_ratio_or_the_figure(self):
        for row, values, expected in (
                (a_row(), {"bare": [10], "sandbox": [4]}, "below must"),
                (a_row(), {"bare": [10], "sandbox": [5]}, "must"),
                (a_row(), {"bare": [10], "sandbox": [10]}, "aim"),
                (a_row(better=False, must=2, aim=1, ratio=False), {"sandbox": [3]}, "above must"),
                (a_row(better=False, must=2, aim=1, ratio=False), {"sandbox": [1.5]}, "must"),
                (a_row(better=False, must=2, aim=1, ratio=False), {"sandbox": [0.5]}, "aim"),
                (a_row(must=None, aim=None), {"bare": [1], "sandbox": [1]}, "")):
            self.assertEqual(report.verdict(report.result(row, values)), expected, values)

    def document(self, *rows):
        return {"format": report.FORMAT, "made": "2026-01-01", "machine": {"processor": "<x>", "cores": 1, "load": [0]},
                "rounds": 1, "rows": list(rows)}

    def test_a_comparison_tells_a_change_from_noise(self):
        def run(*figures):
            return self.document(report.result(a_row(ratio=False, must=None), {"sandbox": list(figures)}))
        for before, after, expected in (((10, 12), (20, 24), "+100 %  better"), ((20, 24), (10, 12), "-50 %   worse"),
                                        ((10, 14), (12, 16), "+17 %   within the spread")):
            self.assertIn(expected, report.compared(run(*before), run(*after)))
        self.assertEqual(report.compared(self.document(), run(1)).count("\n"), 1)

    def test_a_file_that_is_no_result_is_refused(self):
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            for text in ("", "[]", '{"format": "another"}'):
                file.seek(0)
                file.truncate()
                file.write(text)
                file.flush()
                with self.assertRaises(report.Failed):
                    report.load(file.name)

    def test_a_page_is_well_formed_and_loads_nothing(self):
        row = report.result(a_row(name="<b>"), {"bare": [10, 12], "sandbox": [4, 5], "emulate": [3, 3]})
        text = report.page(self.document(row))
        opened = []

        class Checker(html.parser.HTMLParser):
            def handle_starttag(self, tag, attributes):
                self.watch(attributes)
                if tag not in ("meta",):
                    opened.append(tag)

            def handle_startendtag(self, tag, attributes):
                self.watch(attributes)

            def handle_endtag(self, tag):
                assert opened.pop() == tag, tag

            @staticmethod
            def watch(attributes):
                assert not {name for name, _ in attributes} & {"src", "href", "style", "onload"}, attributes
        Checker().feed(text)
        self.assertEqual(opened, [])
        self.assertIn("default-src 'none'", text)
        self.assertNotIn("<b>", text)
        self.assertNotIn("<script", text)

    def test_rows_are_chosen_by_name_and_have_names_of_their_own(self):
        self.assertEqual([row.name for row in chosen(["ladder-.*", "hc"])], ["hc", "ladder-1", "ladder-10"])
        with self.assertRaises(report.Failed):
            chosen(["nothing"])
        self.assertEqual(len({row.name for row in ROWS}), len(ROWS))

    def test_every_row_is_explained(self):
        page = (HERE / "README.md").read_text(encoding="utf-8")
        for row in ROWS:
            self.assertIn(f"`{row.name.split('@')[0]}", page, row.name)


class QuickRun(unittest.TestCase):
    def bench(self, *words):
        with tempfile.TemporaryDirectory() as folder:
            tools = pathlib.Path(folder) / "tools"
            tools.mkdir()
            (tools / "wrk").write_text(WRK, encoding="utf-8")
            (tools / "wrk").chmod(0o755)
            result = subprocess.run(
                [sys.executable, HERE / "bench.py", "--binary", BINARY, "--bare", BARE, "--folder", folder, *words],
                env={**os.environ, "PATH": f"{tools}:{os.environ['PATH']}"}, capture_output=True, text=True,
                timeout=500)
            files = {path.name: path.read_text(encoding="utf-8") for path in pathlib.Path(folder).glob("last.*")}
            return result, files

    def test_every_row_can_be_measured(self):
        # valgrind is no package that the tests ask for.
        rows = [row.name for row in ROWS if not row.name.endswith("-instructions") and not row.missing]
        result, files = self.bench("--rounds", "1", "--seconds", "1", "--scale", "0.002", *rows)
        self.assertEqual(result.returncode, 0, result.stderr)
        document = json.loads(files["last.json"])
        self.assertEqual([row["name"] for row in document["rows"]], rows)
        for row in document["rows"]:
            self.assertGreater(row["figures"]["sandbox"]["median"], 0, row)
        self.assertEqual([line.split()[0] for line in result.stdout.splitlines()], ["row", *rows])
        self.assertEqual(files["last.html"].count("<svg"), len(rows))

    def test_another_build_is_measured_in_the_same_rounds(self):
        result, files = self.bench("--quick", "--other", BINARY, "start")
        self.assertEqual(result.returncode, 0, result.stderr)
        (row,) = json.loads(files["last.json"])["rows"]
        self.assertEqual({name: len(values) for name, values in row["values"].items()},
                         {"bare": 2, "sandbox": 2, "other": 2})

    def test_what_cannot_be_measured_fails_and_spares_the_rest(self):
        result, files = self.bench("--quick", "--other", "/bin/false", "start", "memory-idle")
        self.assertEqual((result.returncode, json.loads(files["last.json"])["rows"]), (1, []))
        self.assertIn("memory-idle could not be measured", result.stderr)

    def test_a_row_that_the_machine_cannot_measure_is_left_out_with_a_word(self):
        with unittest.mock.patch.dict(os.environ, ZEST_CHROMIUM="/nowhere/chromium"):
            result, files = self.bench("--quick", "console")
        self.assertEqual((result.returncode, json.loads(files["last.json"])["rows"]), (0, []), result.stderr)
        self.assertIn("console is left out: there is no Chromium", result.stderr)

    def test_a_misspelt_row_is_refused(self):
        result, files = self.bench("gte")
        self.assertEqual((result.returncode, files), (2, {}))
        self.assertIn("no row is called gte", result.stderr)


if __name__ == "__main__":
    unittest.main()
