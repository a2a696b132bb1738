"""Charts as SVG and tables, for pages and for the report: one renderer, behind which pygal draws (ADR 0047)."""
