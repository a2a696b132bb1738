"""Inside a container of `tests.e2e.network.engine`: mounts, then the program, as a user who may nothing.

    python -m tests.e2e.network.container PLAN

It runs as root in namespaces for mounts and network of its own, and becomes the program of the plan.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

PROGRAMS, STATE, RUN = "/opt", "/var/lib", "/run"


def mount(*words: str) -> None:
    subprocess.run(["mount", *words], check=True)


def bind(source: str, target: str) -> None:
    """Show a file or folder there. The place must lie in a folder that was mounted here: nothing of the machine's own
    is written.
    """
    if Path(source).is_dir():
        Path(target).mkdir(parents=True, exist_ok=True)
    else:
        Path(target).parent.mkdir(parents=True, exist_ok=True)
        Path(target).touch()
    mount("--bind", source, target)


def arrange(plan: dict[str, Any]) -> None:
    """The machine's own files, read-only, with the image's programs, the volumes and the secrets."""
    for folder in (PROGRAMS, STATE, RUN):
        mount("-t", "tmpfs", "-o", "mode=0755", "tmpfs", folder)
    for source, target in plan["programs"].items():
        bind(source, f"{PROGRAMS}/{target}")
    for name, text in plan["scripts"].items():
        path = Path(PROGRAMS) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        path.chmod(0o755)
    for source, target in sorted(plan["mounts"], key=lambda pair: str(pair[1])):
        bind(source, target)
    for name in ("hosts", "passwd"):
        mount("--bind", plan[name], f"/etc/{name}")
    for folder in plan["tmpfs"]:
        Path(folder).mkdir(parents=True, exist_ok=True)
        mount("-t", "tmpfs", "-o", "mode=1777", "tmpfs", folder)
    if plan["read_only"]:
        for folder in ("/", PROGRAMS, STATE, RUN):
            mount("-o", "remount,bind,ro", folder)


def confined(plan: dict[str, Any]) -> list[str]:
    """What runs a command as the plan's user, without rights."""
    user, group = plan["user"].split(":")
    words = ["setpriv", f"--reuid={user}", f"--regid={group}", "--clear-groups"]
    if plan["no_new_privileges"]:
        words.append("--no-new-privs")
    if plan["no_capabilities"]:
        words += ["--inh-caps=-all", "--bounding-set=-all"]
    return [*words, "--"]


def main() -> None:
    plan = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    arrange(plan)
    os.chdir(plan["folder"])
    command = [*confined(plan), *plan["command"]]
    os.execvpe(command[0], command, plan["environment"])  # noqa: S606 - that is what it is for


if __name__ == "__main__":
    main()
