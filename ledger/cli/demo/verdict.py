"""One verdict of the demo: what was expected, written down by hand, against what was found."""

from typing import Any


def verdict(name: str, expected: Any, found: Any) -> dict[str, Any]:
    return {"name": name, "expected": expected, "found": found, "ok": expected == found}
