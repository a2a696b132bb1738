"""`lading monitor`: audits for ever, whole ones now and then, and in between what came since.

It remembers the newest checkpoint that it audited, durably, and holds every later audit to it: a home that was put back
to an older state, or that went on otherwise, is convicted by what this process signed for by itself.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from math import nan
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge

from ledger.errors import NotFound, Unavailable
from ledger.services.audit.findings import AuditReport
from ledger.services.audit.held_evidence import HeldCheckpoint
from ledger.services.publish.durable_files import LogFolder, replace_file, sync_folder


class Kind(StrEnum):
    WHOLE = "whole"
    SINCE = "since"


@dataclass(frozen=True, slots=True)
class Round:
    """One audit: its report, None where database or node could not be read (`problem` says why)."""

    kind: Kind
    seconds: float
    report: AuditReport | None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """`interval`: seconds from the end of one audit to the next. `whole_every`: seconds after which one is whole."""

    interval: float
    whole_every: float


Audit = Callable[[Kind, HeldCheckpoint | None], AuditReport]
"""A whole audit held to the remembered checkpoint, if there is one, or one of what came since it."""


def read_remembered(path: Path) -> HeldCheckpoint | None:
    """The remembered checkpoint; None before the first. Raises `MalformedRecord` for a file that holds none."""
    try:
        return HeldCheckpoint.read(str(path), LogFolder(path.parent).read(path.name))
    except NotFound:
        return None


def remember(path: Path, report: AuditReport) -> None:
    """Keep the checkpoint that an audit without findings ended with, on disk when this returns; never one of fewer
    leaves than are remembered.
    """
    if report.ok and report.checkpoint:
        before = read_remembered(path)
        if before is None or before.size <= HeldCheckpoint.read(str(path), report.checkpoint).size:
            path.parent.mkdir(parents=True, exist_ok=True)
            replace_file(path, report.checkpoint)
            sync_folder(path.parent)


class Metrics:
    """What Prometheus reads of a monitor."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._ok = self._gauge("ok", "1 while the newest audit named no difference, else 0")
        self._size = self._gauge("size", "Leaves in the log at the newest audit")
        self._anchored = self._gauge("anchored_size", "Leaves under the newest anchored checkpoint then")
        self._findings = self._gauge("findings", "Differences that the newest audit named")
        self._ended = self._gauge("ended_at", "When the newest audit ended, seconds UTC", "kind")
        self._seconds = self._gauge("seconds", "How long it took", "kind")
        for unknown in (self._ok, self._size, self._anchored, self._findings):
            unknown.set(nan)  # before the first audit has ended
        self._unreadable = Counter(
            "lading_audit_unreadable", "Audits that database or node did not let happen", registry=self.registry
        )

    def _gauge(self, name: str, text: str, *labels: str) -> Gauge:
        return Gauge(f"lading_audit_{name}", text, labels, registry=self.registry)

    def note(self, ended: Round, now: float) -> None:
        if ended.report is None:
            self._unreadable.inc()
            return
        self._ok.set(ended.report.ok)
        self._size.set(ended.report.size)
        self._anchored.set(ended.report.anchored_size)
        self._findings.set(len(ended.report.findings))
        self._ended.labels(ended.kind).set(now)
        self._seconds.labels(ended.kind).set(ended.seconds)


class Monitor:
    """Runs `audit` by `plan`, and remembers at `path`. `tell` hears of every round."""

    def __init__(self, audit: Audit, path: Path, plan: Plan, tell: Callable[[Round], None]) -> None:
        self._audit = audit
        self._path = path
        self._plan = plan
        self._tell = tell
        self.metrics = Metrics()

    def run(self, stop: threading.Event) -> AuditReport | None:
        """Until `stop` is set (None), or an audit names a difference: then its report.

        The first audit is whole, for nobody knows what was done to the home meanwhile. Whole ones are held to the
        remembered checkpoint. Where the home cannot be read, it is tried again after the interval: nothing is said
        about the records then.
        """
        whole_at = time.monotonic()
        while not stop.is_set():
            whole = time.monotonic() >= whole_at
            ended = self._round(Kind.WHOLE if whole else Kind.SINCE)
            self.metrics.note(ended, time.time())
            self._tell(ended)
            if ended.report is not None:
                if not ended.report.ok:
                    return ended.report
                remember(self._path, ended.report)
                if ended.kind is Kind.WHOLE:
                    whole_at = time.monotonic() + self._plan.whole_every
            stop.wait(self._plan.interval)
        return None

    def _round(self, kind: Kind) -> Round:
        remembered = read_remembered(self._path)
        if remembered is None:
            kind = Kind.WHOLE  # nothing was signed yet when it was whole
        begun = time.monotonic()
        try:
            report = self._audit(kind, remembered)
        except Unavailable as error:
            return Round(kind, time.monotonic() - begun, None, str(error))
        return Round(kind, time.monotonic() - begun, report)
