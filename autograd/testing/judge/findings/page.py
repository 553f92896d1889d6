"""The report of the engine check as a page for a browser: one file, which loads nothing.

What is wrong comes first, with the scripts, then the table of all properties. Colours are blue, orange and grey, which
every reader can tell apart, and each has its sign and its word beside it. The page follows the browser's dark mode.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from typing import Final

from autograd.testing.judge.findings.picture import picture
from autograd.testing.judge.findings.rows import CRASHED, FAILED, PASSED, SLOW, STATUSES, TIMED_OUT, UNSUPPORTED, Row

_CLASSES: Final = {PASSED: "passed", FAILED: "bad", CRASHED: "bad", TIMED_OUT: "bad", SLOW: "slow", UNSUPPORTED: "none"}


def page(engine: str, rows: Sequence[Row], seconds: float) -> str:
    """The whole page."""
    found = [row for row in rows if row.is_failure or row.script]
    heading = "What was found" if found else "Nothing wrong was found"
    return _PAGE.format(
        title=html.escape(engine),
        bar=_bar(rows),
        heading=heading,
        findings="\n".join(map(_finding, found)),
        rows="\n".join(map(_row, rows)),
        seconds=f"{seconds:.1f}",
    )


def _bar(rows: Sequence[Row]) -> str:
    """A stripe with a part for each status, as long as its share, and a legend."""
    counts = [(status, sum(row.status == status for row in rows)) for status in STATUSES]
    counts = [(status, n) for status, n in counts if n]
    parts = "".join(f'<i class="{_CLASSES[status]}" style="flex: {n}"></i>' for status, n in counts)
    legend = "".join(f'<span class="{_CLASSES[status]}">{n} {status}</span>' for status, n in counts)
    return f'<div class="bar" aria-hidden="true">{parts}</div>\n<p class="legend">{legend}</p>'


def _finding(row: Row) -> str:
    script = (
        f"\n{picture(row.script, row.message)}<pre><code>{html.escape(row.script)}</code></pre>" if row.script else ""
    )
    status = f'<span class="{_CLASSES[row.status]}">{row.status}</span>'
    return (
        f'<section id="{_anchor(row)}" class="{_CLASSES[row.status]}">\n<h3>{html.escape(row.name)} {status}</h3>\n'
        f'<p class="sentence">{_text(row.sentence)}</p>\n<p>{_text(row.message)}</p>{script}\n</section>'
    )


def _row(row: Row) -> str:
    name = html.escape(row.name)
    if row.is_failure or row.script:
        name = f'<a href="#{_anchor(row)}">{name}</a>'
    cells = (
        f'<td><span class="{_CLASSES[row.status]}">{row.status}</span></td>',
        f'<td><b>{name}</b><br><span class="sentence">{_text(row.sentence)}</span></td>',
        f"<td>{_text(row.message)}</td>",
        f'<td class="time">{row.seconds:.2f} s</td>',
    )
    return f"<tr>{''.join(cells)}</tr>"


def _anchor(row: Row) -> str:
    return re.sub(r"\W+", "-", row.name)


def _text(text: str) -> str:
    """The text as HTML; text between backticks becomes code."""
    return re.sub("`(.+?)`", r"<code>\1</code>", html.escape(text))


_PAGE: Final = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}: engine check</title>
<style>
:root {{
  --ground: #ffffff; --raised: #f5f6f8; --line: #d9dce1; --text: #1d2127; --quiet: #565d68;
  --passed: #0a5fa5; --bad: #b34700; --slow: #7a5b00; --none: #676e79;
  --passed-bar: #3b8ccc; --bad-bar: #e06a1b; --slow-bar: #e3b341; --none-bar: #b5bac2;
}}
@media (prefers-color-scheme: dark) {{
  :root {{
    --ground: #15181d; --raised: #1f242b; --line: #363d47; --text: #e7eaee; --quiet: #a9b1bc;
    --passed: #79bdf5; --bad: #ff9d5c; --slow: #e6c15c; --none: #a0a8b3;
    --passed-bar: #3f8fd0; --bad-bar: #e8792f; --slow-bar: #d3a737; --none-bar: #5c6470;
  }}
}}
* {{ box-sizing: border-box; }}
body {{
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", sans-serif; color: var(--text); background: var(--ground);
  max-width: 64rem; margin: 0 auto; padding: 2rem 1.25rem 3rem; overflow-wrap: anywhere;
}}
h1 {{ font-size: 1.75rem; line-height: 1.2; margin: 0 0 .25rem; }}
h2 {{ font-size: 1.2rem; margin: 2.25rem 0 .75rem; }}
h3 {{ font-size: 1rem; margin: 0; display: flex; flex-wrap: wrap; gap: .25rem 1rem; justify-content: space-between; }}
p {{ margin: .35rem 0; }}
a {{ color: inherit; text-decoration-color: var(--bad); text-underline-offset: .2em; }}
code, pre {{ font-family: ui-monospace, "Cascadia Mono", Menlo, Consolas, monospace; font-size: .875em; }}
p code, td code {{ background: var(--raised); border-radius: 3px; padding: .05em .3em; }}
pre {{ background: var(--ground); border: 1px solid var(--line); border-radius: 4px; margin: .75rem 0 0;
  padding: .75rem .9rem; white-space: pre-wrap; line-height: 1.45; }}
pre code {{ font-size: 1em; }}
section {{ background: var(--raised); border-left: 4px solid var(--bad-bar); border-radius: 4px; margin: 0 0 1rem;
  padding: .9rem 1.1rem 1.1rem; }}
section.slow {{ border-color: var(--slow-bar); }}
section p code {{ background: var(--ground); }}
.graph {{ display: block; max-width: 100%; height: auto; margin: .9rem 0 .2rem; }}
.graph path {{ fill: none; stroke: var(--quiet); stroke-width: 1.25; }}
.graph rect {{ fill: var(--ground); stroke: var(--quiet); }}
.graph rect.wrong {{ stroke: var(--bad-bar); stroke-width: 2.5; }}
.graph text {{ font: 13px ui-monospace, "Cascadia Mono", Menlo, Consolas, monospace; fill: var(--text);
  text-anchor: middle; }}
.graph text.wrong {{ fill: var(--bad); font-weight: 600; }}
.quiet, .sentence {{ color: var(--quiet); }}
.sentence {{ font-size: .9rem; }} .sentence code {{ white-space: nowrap; }}
.bar {{ display: flex; gap: 2px; height: .75rem; margin: 1.25rem 0 .5rem; border-radius: 4px; overflow: hidden; }}
.bar .passed {{ background: var(--passed-bar); }} .bar .bad {{ background: var(--bad-bar); }}
.bar .slow {{ background: var(--slow-bar); }} .bar .none {{ background: var(--none-bar); }}
.legend {{ display: flex; flex-wrap: wrap; gap: .1rem 1.5rem; }}
span.passed, span.bad, span.slow, span.none {{ font-weight: 600; white-space: nowrap; }}
span.passed {{ color: var(--passed); }} span.passed::before {{ content: "✓ "; }}
span.bad {{ color: var(--bad); }} span.bad::before {{ content: "✗ "; }}
span.slow {{ color: var(--slow); }} span.slow::before {{ content: "◷ "; }}
span.none {{ color: var(--none); }} span.none::before {{ content: "– "; }}
table {{ border-collapse: collapse; width: 100%; }}
th, td {{ text-align: left; vertical-align: top; padding: .55rem .75rem; border-bottom: 1px solid var(--line); }}
th {{ font-size: .9rem; color: var(--quiet); font-weight: 600; }}
th:first-child, td:first-child {{ padding-left: 0; width: 9.5rem; }}
th:nth-child(2) {{ width: 45%; }}
th:last-child, td:last-child {{ padding-right: 0; text-align: right; }}
.time {{ white-space: nowrap; font-variant-numeric: tabular-nums; color: var(--quiet); }}
@media (max-width: 42rem) {{
  body {{ padding-top: 1.25rem; }}
  thead {{ display: none; }}
  table, tbody, tr, td {{ display: block; width: 100%; }}
  tr {{ border-bottom: 1px solid var(--line); padding: .6rem 0; position: relative; }}
  td, td:first-child, td:last-child {{ border: 0; padding: .1rem 0; width: auto; }}
  .time {{ position: absolute; top: .6rem; right: 0; }}
}}
@media print {{ body {{ max-width: none; padding: 0; }} section, tr {{ break-inside: avoid; }} }}
</style>
</head>
<body>
<h1>{title}</h1>
<p class="quiet">Engine check by chainrule, in {seconds} s</p>
{bar}
<h2>{heading}</h2>
{findings}
<h2>All properties</h2>
<table>
<thead><tr><th>result</th><th>property</th><th>remark</th><th>time</th></tr></thead>
<tbody>
{rows}
</tbody>
</table>
</body>
</html>
"""
