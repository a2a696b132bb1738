"""The faults of handmade.toml."""

import tomllib
from pathlib import Path

from scripts.mutation.operators import Mutant

LIST = Path(__file__).with_name("handmade.toml")


def handmade_mutants(contracts: Path) -> dict[str, Mutant]:
    """Name to mutant. Raises `ValueError` when the text to change does not stand exactly once in its file."""
    mutants = {}
    for entry in tomllib.loads(LIST.read_text(encoding="utf-8"))["mutant"]:
        source = (contracts / entry["file"]).read_text(encoding="utf-8")
        times = source.count(entry["before"])
        if times != 1:
            raise ValueError(
                f"{LIST.name}, {entry['name']}: `before` stands {times} times in {entry['file']}, not once: "
                "write it as the contract reads now"
            )
        start = source.index(entry["before"])
        mutants[entry["name"]] = Mutant(
            file=entry["file"],
            start=start,
            end=start + len(entry["before"]),
            line=source.count("\n", 0, start) + 1,
            operator="handmade",
            before=entry["before"],
            after=entry["after"],
        )
    return mutants
