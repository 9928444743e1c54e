"""Figures as a table, as JSON, as a page with charts, and beside those of another run."""
import base64
import hashlib
import html
import json
import statistics

from measure import Failed

FORMAT = "zest-sandbox bench 1"


def spread(values):
    """Median, least and most."""
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}


def result(row, values):
    """One row of the document. A ratio is of figures of one round, which met the same noise."""
    found = {"name": row.name, "title": row.title, "unit": row.unit, "moreIsBetter": row.more_is_better,
             "must": row.must, "aim": row.aim, "ofBare": row.ratio, "values": values,
             "figures": {name: spread(of_one) for name, of_one in values.items()}}
    if "bare" in values:
        found["ratios"] = {name: spread([one / by for one, by in zip(of_one, values["bare"])])
                           for name, of_one in values.items() if name != "bare"}
    return found


def judged(row):
    """What "must" and "aim" are held against, or nothing."""
    return row.get("ratios", {}).get("sandbox") if row["ofBare"] else row["figures"].get("sandbox")


def verdict(row):
    value = judged(row)
    if value is None or row["must"] is None:
        return ""
    reached = [goal for goal in ("aim", "must") if row[goal] is not None and
               (value["median"] >= row[goal] if row["moreIsBetter"] else value["median"] <= row[goal])]
    return reached[0] if reached else "below must" if row["moreIsBetter"] else "above must"


def number(value):
    if value is None:
        return ""
    if abs(value) >= 1000:
        return f"{value:,.0f}".replace(",", " ")
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def ranged(one):
    return f"{number(one['median'])} ({number(one['min'])}–{number(one['max'])})"


def contenders(document):
    """Names in the order in which they first appear, ours first."""
    names = {name: None for name in ("sandbox", "other", "bare")}
    for row in document["rows"]:
        names.update(dict.fromkeys(row["figures"]))
    return [name for name in names if any(name in row["figures"] for row in document["rows"])]


def cells(document):
    """The table's lines as lists of text: a head and one for each row, in which every figure has its spread."""
    names = contenders(document)
    head = ["row", "unit", *names, *(f"{name}/bare" for name in names if name != "bare"), "must", "aim", "reached"]
    lines = [head]
    for row in document["rows"]:
        ratios = row.get("ratios", {})
        lines.append([row["name"], row["unit"],
                      *(ranged(row["figures"][name]) if name in row["figures"] else "" for name in names),
                      *(ranged(ratios[name]) if name in ratios else "" for name in names if name != "bare"),
                      number(row["must"]), number(row["aim"]), verdict(row)])
    # A column in which nothing stands says nothing.
    kept = [column for column in range(len(head)) if any(line[column] for line in lines[1:])] if lines[1:] else []
    return [[line[column] for column in kept] for line in lines]


def aligned(lines):
    if not lines or not lines[0]:
        return ""
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return "".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() + "\n" for line in lines)


def table(document):
    return aligned(cells(document))


def load(path):
    try:
        with open(path, encoding="utf-8") as file:
            document = json.load(file)
    except (OSError, ValueError) as problem:
        raise Failed(f"{path}: {problem}") from problem
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise Failed(f"{path} is no result of this bench ({FORMAT})")
    return document


def compared(before, after):
    """What changed from one run to another: of ratios where there are any, as the machine's mood is in both parts."""
    known = {row["name"]: row for row in before["rows"]}
    lines = [["row", "of", "before", "after", "change", ""]]
    for row in after["rows"]:
        if row["name"] not in known:
            continue
        old, new = judged(known[row["name"]]), judged(row)
        if old is None or new is None or old["median"] == 0:
            continue
        change = (new["median"] / old["median"] - 1) * 100
        apart = new["min"] > old["max"] or new["max"] < old["min"]
        better = (change > 0) == row["moreIsBetter"]
        lines.append([row["name"], "bare" if row["ofBare"] else row["unit"], ranged(old), ranged(new), f"{change:+.0f} %",
                      ("better" if better else "worse") if apart else "within the spread"])
    return aligned(lines)


STYLE = """
:root { color-scheme: light dark; --ink: #1c2430; --soft: #5b6675; --line: #dfe4ea; --paper: #fff; --back: #f4f6f8;
  --pass: #14733b; --fail: #b3261e; --bar: #3566b8; --other: #8aa5d6; --bare: #9aa3ae; --peer: #c9a227; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6eaf0; --soft: #a3adba; --line: #38414d; --paper: #1c222a;
  --back: #12161b; --pass: #6fd397; --fail: #ff9d94; --bar: #7aa2e8; --other: #4a6aa5; --bare: #6b7480; } }
body { margin: 0; padding: 2rem 1rem 4rem; background: var(--back); color: var(--ink);
  font: 16px/1.5 system-ui, "Segoe UI", "Helvetica Neue", Arial, sans-serif; }
main { max-width: 60rem; margin: 0 auto; }
h1 { font-size: 1.5rem; margin: 0; } h2 { font-size: 1.05rem; margin: 0; }
.soft { color: var(--soft); font-size: .92rem; margin: .2rem 0; }
section { background: var(--paper); border: 1px solid var(--line); border-radius: 10px; padding: .9rem 1.2rem;
  margin: .9rem 0; }
svg { display: block; width: 100%; height: auto; margin-top: .4rem; } text { fill: var(--ink); font-size: 13px; }
.sandbox { fill: var(--bar); } .other { fill: var(--other); } .bare { fill: var(--bare); } .peer { fill: var(--peer); }
.whisker, .goal { stroke: var(--ink); stroke-width: 1.5; } .goal { stroke-dasharray: 4 3; }
.good { color: var(--pass); } .bad { color: var(--fail); }
"""
LABEL, WIDTH, BAR, VALUE = 120, 900, 26, 190


def chart(row):
    """Bars of the medians with a line from the least to the most; the goals as dashed lines."""
    figures = row["figures"]
    goals = {}
    for goal in ("must", "aim"):
        base = figures["bare"]["median"] if row["ofBare"] and "bare" in figures else 1
        if row[goal] is not None and (not row["ofBare"] or "bare" in figures):
            goals[goal] = row[goal] * base
    most = max([one["max"] for one in figures.values()] + list(goals.values())) or 1
    scale = (WIDTH - LABEL - VALUE) / most
    height = BAR * len(figures) + (18 if goals else 0)
    parts = [f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{html.escape(row["title"])}">']
    for index, (name, one) in enumerate(figures.items()):
        y = index * BAR
        kind = name if name in ("sandbox", "other", "bare") else "peer"
        parts.append(
            f'<text x="0" y="{y + 17}">{html.escape(name)}</text>'
            f'<rect class="{kind}" x="{LABEL}" y="{y + 4}" width="{max(1, one["median"] * scale):.1f}" height="16" rx="3"/>'
            f'<line class="whisker" x1="{LABEL + one["min"] * scale:.1f}" x2="{LABEL + one["max"] * scale:.1f}" '
            f'y1="{y + 12}" y2="{y + 12}"/>'
            f'<text x="{LABEL + one["max"] * scale + 8:.1f}" y="{y + 17}">{number(one["median"])} {row["unit"]}</text>')
    for goal, value in goals.items():
        x = LABEL + value * scale
        parts.append(f'<line class="goal" x1="{x:.1f}" x2="{x:.1f}" y1="0" y2="{BAR * len(figures)}"/>'
                     f'<text x="{x:.1f}" y="{height - 4}" text-anchor="middle">{goal}</text>')
    return "".join(parts) + "</svg>"


def page(document):
    sections = []
    for row in document["rows"]:
        said = verdict(row)
        tone = "good" if said in ("must", "aim") else "bad"
        ratio = row.get("ratios", {}).get("sandbox")
        sections.append(
            f'<section><h2>{html.escape(row["title"])}</h2>\n<p class="soft">{html.escape(row["name"])}'
            + (f' · {ranged(ratio)} of bare' if ratio else "")
            + (f' · <span class="{tone}">{said}</span>' if said else "") + f"</p>\n{chart(row)}</section>\n")
    machine_told = document["machine"]
    digest = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; style-src \'sha256-{digest}\'">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>zest-sandbox bench</title>\n'
        f"<style>{STYLE}</style></head>\n<body><main>\n<h1>zest-sandbox bench</h1>\n"
        f'<p class="soft">{html.escape(document["made"])} · {html.escape(str(machine_told["processor"]))}, '
        f'{machine_told["cores"]} cores, load {html.escape(str(machine_told["load"][0]))} · {document["rounds"]} alternating '
        "rounds; the bar is the median, the line reaches from the least to the most</p>\n"
        + "".join(sections) + "</main></body></html>\n")
