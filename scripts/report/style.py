"""The report's style sheet: system fonts, one accent colour, and rules for paper."""

STYLE = """
:root { --ink: #1c2733; --quiet: #66727f; --line: #dfe5ea; --accent: #1f4e79; --paper: #fff; --wash: #f5f7f9; }
* { box-sizing: border-box; }
body { margin: 0; background: var(--wash); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
main { max-width: 1080px; margin: 0 auto; padding: 32px 24px 48px; }
header h1 { font-size: 34px; line-height: 1.15; margin: 0 0 6px; letter-spacing: -0.01em; }
.lead { color: var(--quiet); font-size: 18px; margin: 0 0 24px; max-width: 46em; }
section { background: var(--paper); border: 1px solid var(--line); border-radius: 10px; padding: 22px 26px;
  margin: 0 0 18px; }
section:first-of-type { background: none; border: 0; padding: 0; }
h2 { font-size: 21px; margin: 0 0 10px; }
h3 { font-size: 15px; margin: 18px 0 8px; color: var(--quiet); font-weight: 600; }
p { margin: 0 0 12px; max-width: 62em; }
.small { font-size: 13px; color: var(--quiet); }
.cards { list-style: none; padding: 0; margin: 0; display: grid; gap: 14px; grid-template-columns: repeat(3, 1fr); }
.cards li { background: var(--paper); border: 1px solid var(--line); border-radius: 10px; padding: 16px 18px;
  border-top: 4px solid var(--accent); }
.cards strong { display: block; font-size: 29px; line-height: 1.2; letter-spacing: -0.01em; }
.cards span { display: block; font-weight: 600; margin-top: 2px; }
.cards em { display: block; font-style: normal; font-size: 13px; color: var(--quiet); margin-top: 6px; }
figure { margin: 8px 0 4px; }
svg { width: 100%; height: auto; display: block; }
.two { display: grid; grid-template-columns: 1fr 1fr; gap: 28px; }
.points { padding-left: 20px; margin: 0; }
.points li { margin: 0 0 8px; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 14px; font-variant-numeric: tabular-nums; }
th { text-align: left; color: var(--quiet); font-weight: 600; border-bottom: 2px solid var(--line);
  padding: 6px 10px 6px 0; }
td { border-bottom: 1px solid var(--line); padding: 6px 10px 6px 0; }
tbody tr:last-child td { border-bottom: 0; }
.n { text-align: right; white-space: nowrap; }
footer { color: var(--quiet); font-size: 13px; overflow-wrap: anywhere; }
@media (max-width: 760px) { .cards, .two { grid-template-columns: 1fr; } }
@media print {
  @page { margin: 14mm; }
  body { background: #fff; font-size: 11pt; }
  main { max-width: none; padding: 0; }
  section, .cards li, tr, figure { break-inside: avoid; }
  section { padding: 10px 12px; }
  .cards { grid-template-columns: repeat(3, 1fr); }
  rect, circle, line { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
"""
