"""Asking witnesses for cosignatures: all at once, waiting for a quorum only, and never long (C2SP tlog-witness).

One thread a witness sends it the newest checkpoint, and the proof from the size that the witness says it has. What
comes after the publisher has gone on is handed to `late`. A witness that does not answer is asked again after a pause,
and not waited for until it has answered once.
"""

import base64
import http.client
import logging
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from ledger.common.ids import to_hex
from ledger.errors import InconsistentLog, LadingError, TreeView, VerificationFailed
from ledger.log.cosignature import Cosignature, WitnessKey, WitnessPolicy
from ledger.log.signed_note import MAX_SIZE, SignedCheckpoint, TreeHead, parse_checkpoint, parse_signature_line
from ledger.log.witness import LATEST, MAX_REQUEST, SIZE_TYPE, AddCheckpoint
from ledger.log.witness_policy import AskedWitnesses

PATH = "/add-checkpoint"
PATIENCE = 2.0
"""Seconds that the publisher waits for a quorum, and a witness may take for an answer."""
PAUSE = 30.0
"""Seconds after which a witness that failed is asked for the same checkpoint again."""
SOON = 1.0
"""Seconds after which it is asked for a newer one at the earliest: where checkpoints follow each other quickly, one
witness that is away takes time from all of them."""
_TRIES = 3
trouble = logging.getLogger("lading.witnesses")

Proof = Callable[[int, int], Sequence[bytes]]
"""The consistency proof between two sizes of the log, up to the checkpoint that is asked for."""
Late = Callable[[TreeHead, Cosignature], None]


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A witness says that it has seen `size` leaves of the log, or another tree. `latest`: the checkpoint that it names
    as proof, unread; empty where it gave none.
    """

    error: InconsistentLog
    size: int
    latest: bytes


@dataclass(slots=True)
class _Round:
    """One checkpoint on its way through the witnesses; `open` while the publisher waits."""

    checkpoint: SignedCheckpoint
    proof: Proof
    late: Late
    open: bool = True
    waiting: set[str] = field(default_factory=set)
    cosigned: list[Cosignature] = field(default_factory=list)


class Witnesses:
    """The witnesses of one log. Threads start with the first request; `close` ends them."""

    def __init__(self, asked: AskedWitnesses, *, patience: float = PATIENCE, pause: float = PAUSE) -> None:
        self.policy = asked.policy
        self._patience = patience
        self._changed = threading.Condition()
        pairs = zip(asked.policy.keys, asked.urls, strict=True)
        self._askers = [_Asker(key, url, self._changed, patience, pause) for key, url in pairs]
        self._told: tuple[str, ...] = ()

    def ask(
        self, note: bytes, proof: Proof, late: Late, have: Sequence[Cosignature] = (), *, everybody: bool = False
    ) -> list[Cosignature]:
        """Cosignatures of a checkpoint: a quorum together with those that we `have`, or fewer when it takes too long.

        Every witness that has not cosigned it yet is asked. Nobody is waited for once a quorum is there, or while none
        can come of those that answered the last time; with `everybody`, all are waited for that may answer. Each later
        one is given to `late`, from another thread, unless a newer checkpoint is asked for first. Ask once for a
        checkpoint: who did not answer is asked again by itself.
        """
        names = {cosignature.witness.name for cosignature in have}
        asked = [asker for asker in self._askers if asker.key.name not in names]
        this = _Round(parse_checkpoint(note), proof, late, waiting={asker.key.name for asker in asked})
        ends = time.monotonic() + self._patience
        needed = len(asked) if everybody else self.policy.threshold - len(have)
        with self._changed:
            for asker in asked:
                asker.want(this)
            self._changed.notify_all()
            while len(this.cosigned) < needed and (left := ends - time.monotonic()) > 0:
                hopeful = sum(asker.key.name in this.waiting and not asker.problem for asker in asked)
                if not hopeful if everybody else len(this.cosigned) + hopeful < needed:
                    break
                self._changed.wait(left)
            this.open = False
            result = list(this.cosigned)
            waiting = {asker.key.name: asker.problem for asker in asked if asker.key.name in this.waiting}
        slow = f"no answer in {self._patience:g} s" if time.monotonic() >= ends else ""
        missing = {name: problem or slow for name, problem in waiting.items() if problem or slow}
        self._tell(this.checkpoint.head.size, len(have) + len(result), missing)
        return result

    def problems(self) -> dict[str, str]:
        """What went wrong with each witness the last time it was asked; empty for those that answered."""
        with self._changed:
            return {asker.key.name: asker.problem for asker in self._askers}

    def contradictions(self) -> dict[str, Contradiction]:
        """By name, witnesses whose last answer was that they have seen more of this log, or another tree of it: their
        word, until the log's own signature on what they name proves it.
        """
        with self._changed:
            return {asker.key.name: asker.contradiction for asker in self._askers if asker.contradiction is not None}

    def take_times(self) -> dict[str, int]:
        """What the clocks of those witnesses showed that have cosigned since this was asked the last time."""
        with self._changed:
            result = {asker.key.name: asker.time for asker in self._askers if asker.time is not None}
            for asker in self._askers:
                asker.time = None
            return result

    def close(self) -> None:
        with self._changed:
            for asker in self._askers:
                asker.stopped = True
            self._changed.notify_all()
        for asker in self._askers:
            asker.join(2 * self._patience)

    def _tell(self, size: int, count: int, missing: dict[str, str]) -> None:
        """Say once that the quorum is missing and who is away, and once that it is there again."""
        short = count < self.policy.threshold
        told = tuple(sorted(missing)) if short else ()
        if told and told != self._told:
            away = ", ".join(f"{name} ({why})" for name, why in sorted(missing.items()))
            trouble.warning("size=%d cosigned=%d needed=%d away: %s", size, count, self.policy.threshold, away)
        elif self._told and not short:
            trouble.warning("size=%d cosigned=%d needed=%d: the quorum is back", size, count, self.policy.threshold)
        self._told = told


class _Asker(threading.Thread):
    """Asks one witness, for the newest checkpoint only. What has no underscore belongs to the condition."""

    def __init__(self, key: WitnessKey, url: str, changed: threading.Condition, patience: float, pause: float) -> None:
        super().__init__(name=f"witness {key.name}", daemon=True)
        self.key = key
        self.problem = ""
        self.contradiction: Contradiction | None = None
        self.time: int | None = None
        self.stopped = False
        self._wanted: _Round | None = None
        self._not_before = self._soon = 0.0
        self._changed = changed
        self._pause = pause
        self._policy = WitnessPolicy(1, (key,))
        self._parts = urlsplit(url)
        self._patience = patience
        self._connection: http.client.HTTPConnection | None = None
        self._size = 0
        self._latest = b""

    def want(self, round_: _Round) -> None:
        """Ask for this checkpoint next, instead of an older one; called under the condition."""
        if self._wanted is None or self._wanted.checkpoint.head != round_.checkpoint.head:
            self._not_before = self._soon
        self._wanted = round_
        if not self.is_alive() and not self.stopped:
            self.start()

    def join(self, timeout: float | None = None) -> None:
        if self.is_alive():
            super().join(timeout)

    def run(self) -> None:
        while (wanted := self._next()) is not None:
            cosignature, problem, contradiction = None, "", None
            try:
                cosignature = self._cosignature(wanted)
            except InconsistentLog as error:
                problem = str(error)
                contradiction = Contradiction(error, self._size, self._latest)
            except (OSError, http.client.HTTPException, LadingError) as error:
                problem = str(error) or type(error).__name__
            except Exception:  # noqa: BLE001 - a defect here must not end the asking; it is logged
                problem = "an unforeseen error, see the log"
                trouble.exception("unforeseen error while asking %s", self.key.name)
            if problem:
                self._hang_up()
            with self._changed:
                self.problem = problem
                self.contradiction = contradiction
                now = time.monotonic()
                self._not_before = now + self._pause if problem else 0.0
                self._soon = now + min(SOON, self._pause) if problem else 0.0
                if problem and self._wanted is None:
                    self._wanted = wanted
                late = cosignature is not None and not wanted.open
                if cosignature is not None:
                    self.time = cosignature.time
                    wanted.waiting.discard(self.key.name)
                    wanted.cosigned.append(cosignature)
                self._changed.notify_all()
            if cosignature is not None and late:
                self._hand_over(wanted, cosignature)
        self._hang_up()

    def _next(self) -> _Round | None:
        """The next checkpoint to ask for, once it is time; None when stopped."""
        with self._changed:
            while not self.stopped:
                pause = self._not_before - time.monotonic()
                if self._wanted is not None and pause <= 0:
                    wanted, self._wanted = self._wanted, None
                    return wanted
                self._changed.wait(pause if self._wanted is not None else None)
            return None

    def _hand_over(self, wanted: _Round, cosignature: Cosignature) -> None:
        try:
            wanted.late(wanted.checkpoint.head, cosignature)
        except Exception as error:  # noqa: BLE001 - whatever it is, the asking goes on
            trouble.warning("a late cosignature of %s is not kept: %s", self.key.name, error)

    # --- the conversation ----------------------------------------------------------------------------------------

    def _cosignature(self, wanted: _Round) -> Cosignature:
        """The witness's cosignature; raises when it refuses, answers nonsense, or cannot be reached.

        `InconsistentLog` when what it has cosigned is no part of this log.
        """
        head = wanted.checkpoint.head
        for _ in range(_TRIES):
            old = min(self._size, head.size)  # one that named more is asked again: it may have erred
            proof = tuple(wanted.proof(old, head.size))
            status, media_type, body = self._post(AddCheckpoint(old, proof, wanted.checkpoint).encode())
            if status == 200:
                result = self._own_line(head, body)
                self._size = head.size
                return result
            size = _size_in(body) if status == 409 and media_type == SIZE_TYPE else None
            if size is not None and size > head.size:
                self._size = size
                raise self._contradiction("the witness has cosigned more leaves of this log than there are", head)
            if size is None or size == old:
                break
            self._size = size
        else:
            raise VerificationFailed("the witness names another size each time", where=self.key.name)
        if status == 409 and size == head.size:
            raise self._contradiction("the witness has cosigned another tree of this size", head)
        if status == 422:
            raise self._contradiction("what the witness has cosigned is no part of this log", head)
        raise VerificationFailed(f"the witness answers {status}", where=self.key.name, found=_shown(body))

    def _contradiction(self, what: str, head: TreeHead) -> InconsistentLog:
        return InconsistentLog(
            what,
            where=self.key.name,
            first=TreeView(self._size, "as the witness has it"),
            second=TreeView(head.size, to_hex(head.root)),
            mend="Was an old backup restored? If the witness is wrong, take it out of the file `witnesses`.",
        )

    def _own_line(self, head: TreeHead, body: bytes) -> Cosignature:
        """The witness's cosignature among the lines of an answer; those of unknown keys are passed over."""
        lines = [parse_signature_line(line) for line in body.decode("utf-8", "replace").split("\n") if line]
        result = self._policy.cosignatures(SignedCheckpoint(head, tuple(lines)))
        if not result:
            raise VerificationFailed(
                "the answer bears no cosignature of the witness",
                where=self.key.name,
                expected=self.key.verifier_key(),
                found=_shown(body),
            )
        return result[0]

    def _post(self, body: bytes) -> tuple[int, str, bytes]:
        """Status, media type and body. A connection that the other side has closed meanwhile is opened anew once."""
        fresh = self._connection is None
        try:
            return self._exchange(body)
        except (OSError, http.client.HTTPException) as error:
            self._hang_up()
            if fresh or isinstance(error, TimeoutError):
                raise
            return self._exchange(body)

    def _exchange(self, body: bytes) -> tuple[int, str, bytes]:
        if self._connection is None:
            host = self._parts.netloc
            self._connection = (
                http.client.HTTPSConnection(host, timeout=self._patience, context=ssl.create_default_context())
                if self._parts.scheme == "https"
                else http.client.HTTPConnection(host, timeout=self._patience)
            )
        self._connection.request("POST", self._parts.path + PATH, body, {"Content-Type": "text/plain; charset=utf-8"})
        answer = self._connection.getresponse()
        data = answer.read(MAX_REQUEST + 1)
        if named := answer.headers.get(LATEST):
            with suppress(ValueError):
                self._latest = base64.b64decode(named, validate=True)
        if len(data) > MAX_REQUEST:
            raise VerificationFailed("the answer is too long", where=self.key.name)
        return answer.status, answer.headers.get("Content-Type", ""), data

    def _hang_up(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _size_in(body: bytes) -> int | None:
    text = body.removesuffix(b"\n")
    return int(text) if text.isdigit() and len(text) < 20 and int(text) <= MAX_SIZE else None


def _shown(body: bytes) -> str:
    return body[:200].decode("utf-8", "replace").strip()
