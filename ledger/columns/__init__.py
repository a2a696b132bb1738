"""Figures over many shipments: plain journeys in columns, the same numbers as one by one."""
