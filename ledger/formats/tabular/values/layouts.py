"""Formats of dates as people write them (`DD.MM.YYYY hh:mm`), each as a pattern that takes nothing else."""

import re
from functools import lru_cache

_TOKENS = {
    "YYYY": r"(?P<year>[0-9]{4})",
    "YY": r"(?P<year>[0-9]{2})",
    "MON": r"(?P<month>[^\W\d]{2,12})\.?",
    "MM": r"(?P<b>[0-9]{2})",
    "M": r"(?P<b>[0-9]{1,2})",
    "DD": r"(?P<day>[0-9]{2})",
    "D": r"(?P<day>[0-9]{1,2})",
    "hh": r"(?P<hour>[0-9]{2})",
    "h": r"(?P<hour>[0-9]{1,2})",
    "mm": r"(?P<minute>[0-9]{2})",
    "ss": r"(?P<second>[0-9]{2})(?:[.,][0-9]{1,9})?",
    "AM": r"(?P<half>[AaPp]\.?[Mm]\.?)",
    "Z": r"(?P<zone>Z|[+-][0-9]{2}(?::?[0-9]{2})?)",
}
_TOKEN = re.compile("YYYY|YY|MON|MM|M|DD|D|hh|h|mm|ss|AM|Z")


def layout_fault(layout: str) -> str:
    """Why `layout` is no format of dates; empty where it is one."""
    tokens = _TOKEN.findall(layout)
    groups = re.findall(r"\?P<(\w+)>", "".join(_TOKENS[token] for token in tokens))
    if len(groups) != len(set(groups)) or {"b", "month"} <= set(groups):
        return "something stands in it twice"
    lacking = [name for name, found in (("YYYY", "year"), ("DD", "day")) if found not in groups]
    lacking += [] if {"b", "month"} & set(groups) else ["MM or MON"]
    if {"minute"} & set(groups) and "hour" not in groups:
        lacking.append("hh")
    return f"{', '.join(lacking)} is missing" if lacking else ""


@lru_cache(maxsize=64)
def layout_pattern(layout: str) -> re.Pattern[str]:
    """The pattern of a layout without fault."""
    pieces, place = [], 0
    for token in _TOKEN.finditer(layout):
        pieces += [re.escape(layout[place : token.start()]), _TOKENS[token[0]]]
        place = token.end()
    return re.compile("".join([*pieces, re.escape(layout[place:])]))
