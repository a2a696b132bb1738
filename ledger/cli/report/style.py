"""The report's style sheet: system fonts, one palette for light, dark and paper, and room for small screens."""

from importlib import resources

_LIGHT = """--ink: #1c2733; --quiet: #5c6874; --line: #dfe5ea; --accent: #1f4e79; --paper: #fff; --wash: #f5f7f9;
  --good: #7fa8c9; --bad: #c8553d;"""
_DARK = """--ink: #e6ebf0; --quiet: #a3afba; --line: #36424d; --accent: #6fa3d0; --paper: #1b232b; --wash: #12181e;
  --good: #4f7ea3; --bad: #e07a60;"""

STYLE = f"""
:root {{ color-scheme: light dark; {_LIGHT} }}
@media screen and (prefers-color-scheme: dark) {{ :root {{ {_DARK} }} }}
* {{ box-sizing: border-box; }}
body {{ margin: 0; background: var(--wash); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }}
main {{ max-width: 1080px; margin: 0 auto; padding: 32px 24px 48px; }}
header h1 {{ font-size: 34px; line-height: 1.15; margin: 0 0 6px; letter-spacing: -0.01em; }}
.lead {{ color: var(--quiet); font-size: 17px; margin: 0 0 20px; max-width: 50em; }}
section {{ background: var(--paper); border: 1px solid var(--line); border-radius: 10px; padding: 22px 26px;
  margin: 0 0 18px; }}
.bare {{ background: none; border: 0; padding: 0; }}
h2 {{ font-size: 21px; margin: 0 0 10px; }}
h3 {{ font-size: 15px; margin: 18px 0 8px; color: var(--quiet); font-weight: 600; }}
p {{ margin: 0 0 12px; max-width: 62em; }}
.small {{ font-size: 13px; color: var(--quiet); margin: 8px 0 0; }}
.findings {{ margin: 0; padding-left: 22px; font-size: 17px; }}
.findings li {{ margin: 0 0 10px; max-width: 56em; padding-left: 4px; }}
.cards {{ list-style: none; padding: 0; margin: 0; display: grid; gap: 14px;
  grid-template-columns: repeat(auto-fit, minmax(215px, 1fr)); }}
.cards li {{ background: var(--paper); border: 1px solid var(--line); border-radius: 10px; padding: 16px 18px;
  border-top: 4px solid var(--accent); }}
.cards strong {{ display: block; font-size: 28px; line-height: 1.2; letter-spacing: -0.01em; }}
.cards span {{ display: block; font-weight: 600; margin-top: 2px; }}
.cards em {{ display: block; font-style: normal; font-size: 13px; color: var(--quiet); margin-top: 6px; }}
figure {{ margin: 14px 0 6px; }}
figcaption {{ font-weight: 600; margin: 0 0 8px; }}
summary {{ cursor: pointer; color: var(--quiet); }}
figcaption small {{ display: block; font-weight: 400; font-size: 13px; color: var(--quiet); }}
.bars {{ list-style: none; margin: 0; padding: 0; font-size: 14px; }}
.bars li {{ display: grid; grid-template-columns: 17em 1fr 13em; gap: 12px; align-items: center; padding: 3px 0; }}
.bars.running li {{ grid-template-columns: 17em 1fr 13em 4.5em; }}
.bars .who {{ text-align: right; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }}
.bars .val {{ color: var(--quiet); font-variant-numeric: tabular-nums; }}
.bars .sum {{ color: var(--quiet); text-align: right; font-variant-numeric: tabular-nums; }}
.bars .track {{ position: relative; height: 16px; }}
.bars .ruled {{ border-left: 1px solid var(--line); border-right: 1px solid var(--line); }}
.bars .track i {{ display: block; height: 100%; background: var(--accent); border-radius: 2px; min-width: 1px; }}
.bars .track .band {{ position: absolute; top: 5px; height: 6px; background: var(--good); border-radius: 3px; }}
.bars .track b {{ position: absolute; top: 2px; width: 12px; height: 12px; margin-left: -6px; border-radius: 50%;
  background: var(--accent); }}
.bars .ticks {{ color: var(--quiet); font-size: 12px; }}
.bars .ticks em {{ position: absolute; font-style: normal; transform: translateX(-50%); }}
.points {{ padding-left: 20px; margin: 0; }}
.points li {{ margin: 0 0 8px; max-width: 60em; }}
.wide, .scroll {{ overflow-x: auto; }}
table {{ border-collapse: collapse; width: 100%; font-size: 14px; font-variant-numeric: tabular-nums; }}
th {{ text-align: left; color: var(--quiet); font-weight: 600; border-bottom: 2px solid var(--line);
  padding: 6px 12px 6px 0; vertical-align: bottom; }}
td {{ border-bottom: 1px solid var(--line); padding: 6px 12px 6px 0; }}
tbody tr:last-child td {{ border-bottom: 0; }}
td.n, td.number {{ text-align: right; white-space: nowrap; }} th.n, th.number {{ text-align: right; }}
footer {{ color: var(--quiet); font-size: 13px; overflow-wrap: anywhere; }}
@media screen and (max-width: 760px) {{
  main {{ padding: 20px 12px 32px; }}
  section {{ padding: 16px 14px; }}
  .bare {{ padding: 0; }}
  header h1 {{ font-size: 27px; }}
  .cards {{ grid-template-columns: 1fr; gap: 10px; }}
  .bars li, .bars.running li {{ grid-template-columns: 1fr auto; gap: 2px 10px; padding: 6px 0; }}
  .bars .who {{ text-align: left; }}
  .bars .track {{ grid-column: 1 / -1; grid-row: 2; }}
  .bars .sum {{ display: none; }}
  .bars .heads {{ display: none; }}
  td {{ min-width: 5em; }}
}}
@media print {{
  @page {{ margin: 14mm; }}
  body {{ background: #fff; font-size: 10pt; }}
  main {{ max-width: none; padding: 0; }}
  section, .cards li, tr, figure, .bars li {{ break-inside: avoid; }}
  section {{ padding: 10px 12px; }}
  table {{ font-size: 8.5pt; }}
  .wide {{ overflow: visible; }}
  * {{ print-color-adjust: exact; -webkit-print-color-adjust: exact; }}
}}
"""


def chart_style() -> str:
    """The style sheet of charts, which the pages have too."""
    return (resources.files("ledger.api") / "pages" / "static" / "charts.css").read_text(encoding="utf-8")
