"""How much the long drills do, and from which seed on: what CONTRIBUTING.md lists, set by the environment."""

import os

SEED = int(os.environ.get("DRILL_SEED", "1"))


def amount(name: str, usual: int) -> int:
    """How many of something a drill does: `usual`, or what `DRILL_{name}` says."""
    return int(os.environ.get(f"DRILL_{name}", usual))
