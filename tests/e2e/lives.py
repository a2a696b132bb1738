"""A replay that dies and is begun again: `python -m tests.e2e.lives FILE ALPHA CAP LIMIT SECONDS...`.

For each of SECONDS a life that the kernel ends after that time, wherever it is then, as `kill -9` would; then one more
that may finish and prints the replay's JSON. Lives are forked, so only the first pays for the imports.
"""

import os
import signal
import sys
from pathlib import Path

from ledger.cli.commands.imports.replay import replay


def main(file: str, alpha: str, cap_bps: str, limit: str, *seconds: str) -> None:
    deaths = 0
    for span in [*map(float, seconds), 0.0]:
        child = os.fork()
        if not child:
            # Without a handler, the alarm ends the process on the spot: nothing is flushed, closed or rolled back.
            signal.setitimer(signal.ITIMER_REAL, span)
            if span:
                os.dup2(2, 1)  # only the last life answers
            replay(Path(file), int(alpha), int(cap_bps), int(limit), json=True)
            sys.stdout.flush()
            os._exit(0)
        _, status = os.waitpid(child, 0)
        deaths += os.WIFSIGNALED(status)
        if not span and status:
            sys.exit(1)
    print(f"{deaths} deaths", file=sys.stderr)


if __name__ == "__main__":
    main(*sys.argv[1:])
