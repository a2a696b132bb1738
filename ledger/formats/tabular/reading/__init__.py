"""Bytes as a table: text with separators, workbooks, lines of JSON."""
