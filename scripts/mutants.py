"""Whether tests notice faults in contracts/src: a sample of small ones, each judged by forge, then by pytest.

    python -m scripts.mutants                        200 mutants, seed 1: forge, then the Python tests for the rest
    python -m scripts.mutants --sample 40 --seed 7 --only-forge
    python -m scripts.mutants --handmade             the faults of scripts/mutation/handmade.toml, forge alone

A run that is stopped goes on where it was. Results lie in build/mutants/results.json; progress goes to stderr, the
summary to stdout. Exit status 0 when enough are noticed: 95 % together, 80 % by forge alone; by hand: all of them.
What survives is answered in contracts/MUTANTS.md. Generated files are not mutated: `make check` compares them.
"""

import argparse
import json
import random
import sys
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import asdict, dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from scripts.mutation.handmade import handmade_mutants
from scripts.mutation.operators import Mutant, code_members, mutants_of
from scripts.mutation.workshop import (
    CONTRACTS,
    FORGE,
    PYTHON,
    PYTHON_TESTS,
    ROOT,
    SURVIVED,
    VERDICTS,
    Judgement,
    Workshop,
    WorkshopBroken,
    digest_of,
)

PLACE = ROOT / "build" / "mutants"
GENERATED = ("Records.sol", "Codes.sol")
LEAST_TOGETHER, LEAST_BY_FORGE = 95, 80


@dataclass(frozen=True, slots=True)
class Options:
    sample: int
    seed: int
    only_forge: bool
    jobs: int
    fresh: bool


class Results:
    """Judgements on disk, so that a run can go on. Those of other sources are forgotten; those that no test of forge
    made are made again when the tests have changed."""

    def __init__(self, path: Path, *, sources: str, tests: str, only_forge: bool, fresh: bool) -> None:
        self._path = path
        self._sources, self._tests, self._only_forge = sources, tests, only_forge
        self._known: dict[str, dict[str, Any]] = {}
        if not fresh and path.exists():
            kept = json.loads(path.read_text(encoding="utf-8"))
            if kept["sources"] == sources:
                self._known = kept["mutants"]

    def of(self, mutant: Mutant) -> Judgement | None:
        entry = self._known.get(mutant.id)
        if entry is None:
            return None
        judgement = Judgement(entry["verdict"], entry["killer"], entry["seconds"])
        if judgement.verdict == SURVIVED and entry["only_forge"] and not self._only_forge:
            return None
        if judgement.verdict in (PYTHON, SURVIVED) and entry["tests"] != self._tests:
            return None
        return judgement

    def passed_forge(self, mutant: Mutant) -> bool:
        """Whether forge, with these tests, is known not to notice."""
        entry = self._known.get(mutant.id)
        return entry is not None and entry["verdict"] in (PYTHON, SURVIVED) and entry["tests"] == self._tests

    def keep(self, mutant: Mutant, judgement: Judgement) -> None:
        self._known[mutant.id] = asdict(mutant) | asdict(judgement) | {
            "tests": self._tests, "only_forge": self._only_forge,
        }  # fmt: skip
        self._path.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps({"sources": self._sources, "mutants": self._known}, indent=1)
        part = self._path.with_suffix(".part")
        part.write_text(text, encoding="utf-8")
        part.replace(self._path)


def all_mutants() -> list[Mutant]:
    """Every mutant of every source that somebody wrote."""
    codes = code_members((CONTRACTS / "src" / "Codes.sol").read_text(encoding="utf-8"))
    found = []
    for path in sorted((CONTRACTS / "src").rglob("*.sol")):
        if path.name not in GENERATED:
            name = path.relative_to(CONTRACTS).as_posix()
            found += mutants_of(name, path.read_text(encoding="utf-8"), codes)
    return found


def judge_sample(order: Sequence[Mutant], results: Results, options: Options) -> list[tuple[Mutant, Judgement]]:
    """The first `sample` mutants of this order that compile to other code, with their judgements.

    Raises `WorkshopBroken` when tests fail without a fault.
    """
    workshops: SimpleQueue[Workshop] = SimpleQueue()

    def judge(mutant: Mutant) -> Judgement:
        workshop = workshops.get()
        try:
            return workshop.judge(mutant, passed_forge=results.passed_forge(mutant))
        finally:
            workshops.put(workshop)

    judged: list[tuple[Mutant, Judgement]] = []
    pending: dict[Future[Judgement], Mutant] = {}
    upcoming = iter(order)
    with ThreadPoolExecutor(options.jobs) as pool:
        for number in range(options.jobs):
            workshops.put(Workshop(PLACE / f"workshop-{number}", only_forge=options.only_forge))
        while len(judged) < options.sample:
            while len(judged) + len(pending) < options.sample and (mutant := next(upcoming, None)):
                if (known := results.of(mutant)) is None:
                    pending[pool.submit(judge, mutant)] = mutant
                elif known.verdict in VERDICTS:
                    judged.append((mutant, known))
            if not pending:
                break
            done, _ = wait(pending, return_when=FIRST_COMPLETED)
            for future in done:
                mutant, judgement = pending.pop(future), future.result()
                results.keep(mutant, judgement)
                if judgement.verdict in VERDICTS:
                    judged.append((mutant, judgement))
                _tell(mutant, judgement, judged, options.sample)
    return judged


def _tell(mutant: Mutant, judgement: Judgement, judged: Sequence[tuple[Mutant, Judgement]], sample: int) -> None:
    counts = Counter(j.verdict for _, j in judged)
    print(
        f"[{len(judged)}/{sample}] forge {counts[FORGE]}, python {counts[PYTHON]}, survived {counts[SURVIVED]}  "
        f"{judgement.verdict} {judgement.seconds} s {describe(mutant)} {judgement.killer}",
        file=sys.stderr,
        flush=True,
    )


def describe(mutant: Mutant) -> str:
    """One line: where, and what became what."""
    before, after = (" ".join(text.split()) for text in (mutant.before, mutant.after))
    return f"{mutant.file}:{mutant.line} {mutant.operator}: `{before}` → `{after}`"


def summary_of(judged: Sequence[tuple[Mutant, Judgement]], options: Options) -> tuple[str, bool]:
    """What to print, and whether enough was noticed."""
    total = len(judged)
    counts = Counter(judgement.verdict for _, judgement in judged)
    together = counts[FORGE] + counts[PYTHON]
    lines = [
        f"{total} mutants, seed {options.seed}: forge alone notices {counts[FORGE]}",
        *([] if options.only_forge else [f"forge and Python together {together}"]),
        *(f"survived: {describe(m)}" for m, j in sorted(judged, key=lambda e: e[0].id) if j.verdict == SURVIVED),
    ]
    enough = counts[FORGE] * 100 >= LEAST_BY_FORGE * total
    if not options.only_forge:
        enough = enough and together * 100 >= LEAST_TOGETHER * total
    return "\n".join(lines), enough and total > 0


def judge_handmade() -> int:
    """All faults made by hand, by forge alone; exit status 0 when it notices every one."""
    workshop = Workshop(PLACE / "workshop-handmade", only_forge=True)
    status = 0
    for name, mutant in handmade_mutants(CONTRACTS).items():
        judgement = workshop.judge(mutant)
        print(f"{name}: {judgement.verdict} {judgement.killer} ({judgement.seconds} s)", flush=True)
        status |= judgement.verdict != FORGE
    return status


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status 0: enough noticed; 1: not enough, or the tests fail without a fault; 2: misuse."""
    parser = argparse.ArgumentParser(prog="mutants", description="Put faults into contracts/src and see who notices.")
    parser.add_argument("--sample", type=int, default=200, help="how many mutants that compile to other code")
    parser.add_argument("--seed", type=int, default=1, help="which ones")
    parser.add_argument("--only-forge", action="store_true", help="leave the Python tests out")
    parser.add_argument("--jobs", type=int, default=1, help="how many at a time")
    parser.add_argument("--fresh", action="store_true", help="forget what is known from earlier runs")
    parser.add_argument("--handmade", action="store_true", help="only the faults made by hand")
    given = parser.parse_args(arguments)
    if given.sample < 1 or given.jobs < 1:
        parser.error("--sample and --jobs are at least 1")
    options = Options(given.sample, given.seed, given.only_forge, given.jobs, given.fresh)
    try:
        if given.handmade:
            return judge_handmade()
        order = all_mutants()
        random.Random(options.seed).shuffle(order)  # noqa: S311 - the same sample for the same seed
        results = Results(
            PLACE / "results.json",
            sources=digest_of(CONTRACTS / "src"),
            tests=digest_of(CONTRACTS / "test", ROOT / PYTHON_TESTS),
            only_forge=options.only_forge,
            fresh=options.fresh,
        )
        text, enough = summary_of(judge_sample(order, results, options), options)
    except (WorkshopBroken, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    print(text)
    return 0 if enough else 1


if __name__ == "__main__":
    sys.exit(main())
