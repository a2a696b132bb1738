"""`lading verify`: check a bundle, a proof that a record is in the log, or a credential, offline.

Imports nothing of database, chain or services: it needs none of them.
"""

import time
from pathlib import Path
from typing import Annotated

import typer

from ledger.bundle.format import MAX_BUNDLE, MAX_TRUST, Trust, parse_bundle, parse_trust
from ledger.bundle.kept_checkpoints import STEP as KEPT
from ledger.bundle.kept_checkpoints import (
    ConsistencyProof,
    KeptCheckpoint,
    contradictions,
    is_contradiction,
    verify_contradiction,
)
from ledger.bundle.omitted_records import HeldReceipt
from ledger.bundle.steps import Step
from ledger.bundle.verify import verify_bundle
from ledger.bundle.whole.answer import is_answer
from ledger.cli.output import err, lacking, out, print_json
from ledger.common.canonical import parse_json, without_mark
from ledger.common.ids import bytes_from_hex
from ledger.errors import MalformedRecord, Misconfigured
from ledger.explain.bundle import step_text
from ledger.formats.credentials.jose import MAX_TOKEN
from ledger.formats.credentials.revocation import Later
from ledger.formats.credentials.verify import is_credential, verify_credential
from ledger.formats.log_proofs import is_log_proof, verify_log_proof
from ledger.log.contradiction import Contradiction
from ledger.log.leaf import LEAF_LENGTH
from ledger.log.signed_note import MAX_NOTE

TRUST_NAME = "trust.json"
EVIDENCE = ".contradiction.json"


def verify(
    file: Annotated[
        Path,
        typer.Argument(
            help="A bundle, an answer of --json or the API, a COSE receipt, a tlog-proof, a credential, or a "
            "contradiction that convicts a log."
        ),
    ],
    trust: Annotated[Path | None, typer.Option(help="The trust file; default: trust.json beside the bundle.")] = None,
    receipt: Annotated[
        list[Path] | None,
        typer.Option(help="A record with the receipt you hold for it: was it left out? May be named several times."),
    ] = None,
    checkpoint: Annotated[
        list[Path] | None,
        typer.Option(help="A checkpoint of the log that you kept: does the bundle's continue it? Repeat it for more."),
    ] = None,
    consistency: Annotated[
        list[Path] | None,
        typer.Option(help="The log's consistency proof between the sizes of a kept checkpoint and of the bundle."),
    ] = None,
    evidence: Annotated[
        Path | None,
        typer.Option(
            help="Where to write what convicts the log, should a kept checkpoint contradict the bundle; default: "
            "beside the first checkpoint, as FILE.contradiction.json."
        ),
    ] = None,
    leaf: Annotated[
        str | None, typer.Option(help="With a COSE receipt: the record's leaf in hex, as /v1/records/{id}/raw has it.")
    ] = None,
    bundle: Annotated[
        Path | None,
        typer.Option(
            help="With an answer: the bundle of the ledger that it is made again from. With a credential: a bundle of "
            "its goods, to see whether its record was revoked since."
        ),
    ] = None,
    status_list: Annotated[
        Path | None, typer.Option(help="With a credential: its issuer's status list, which its issuer signed.")
    ] = None,
    allow_withheld: Annotated[
        bool, typer.Option("--allow-withheld", help="End with 0 although parts are withheld or erased.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Check a bundle, answer, receipt or credential offline: no database, no node, no network.

    An answer (a plan, a standing, stock …) is made again from the bundle of the ledger and compared, to the character.

    Exit status 0: every step holds. 1: one does not. 3: every step holds, but parts that the figures rest on are
    withheld or erased, so that they are ranges.
    """
    path = trust or file.parent / TRUST_NAME
    if not path.exists():
        raise Misconfigured(
            "no trust file", where=str(path), mend="Get it from somebody you trust, and name it with --trust."
        )
    held = [HeldReceipt.from_json(parse_json(_read(name, MAX_TRUST), where=str(name))) for name in receipt or ()]
    kept = [KeptCheckpoint(str(name), _read(name, MAX_NOTE)) for name in checkpoint or ()]
    proofs = [ConsistencyProof.from_json(_read(name, MAX_TRUST), str(name)) for name in consistency or ()]
    data, trusted = _read(file, MAX_BUNDLE), parse_trust(_read(path, MAX_TRUST))
    if is_contradiction(data):
        steps = verify_contradiction(data, trusted)
    elif is_answer(data):
        steps = _answer(data, bundle, trusted, held)
    elif is_credential(data):
        later = Later(_optional(bundle, MAX_BUNDLE), _optional(status_list, MAX_TOKEN), tuple(held))
        steps = verify_credential(data, trusted, int(time.time()), later)
    elif is_log_proof(data):
        steps = verify_log_proof(data, trusted, None if leaf is None else bytes_from_hex(leaf, LEAF_LENGTH, "--leaf"))
    else:
        steps = verify_bundle(data, trusted, held, kept, proofs)
        if any(step.name == KEPT and not step.ok for step in steps):
            _accuse(data, trusted, kept, evidence or evidence_beside(checkpoint))
    good = all(step.ok for step in steps)
    withheld = sum(step.checked.withheld for step in steps if step.checked is not None)
    if json:
        print_json(
            {"ok": good, "withheld": withheld, "steps": [step.to_json() | {"why": step_text(step)} for step in steps]}
        )
    else:
        for step in steps:
            mark = "[green]yes[/]" if step.ok else "[red]NO [/]"
            out.print(f"{mark} {step.name} ({step.basis}): ", end="")
            out.print(step_text(step), markup=False)
            if not step.ok and (step.expected or step.found):
                out.print(f"      expected {step.expected}\n      found    {step.found}", markup=False)
    raise SystemExit(1 if not good else 3 if withheld and not allow_withheld else 0)


def _answer(data: bytes, bundle: Path | None, trust: Trust, held: list[HeldReceipt]) -> list[Step]:
    """Only an answer needs the services that make it, and they more than the base package."""
    if bundle is None:
        raise Misconfigured(
            "an answer is checked against a bundle", where="--bundle", expected="a bundle of the ledger",
            mend="Ask for one: `lading export --ledger`, for a partner with `--reader`.",
        )  # fmt: skip
    try:
        from ledger.api.pages.plans.positions import positions
        from ledger.services.answers.verify import verify_answer
    except ModuleNotFoundError as error:
        raise lacking(error) from None
    return verify_answer(data, _read(bundle, MAX_BUNDLE), trust, positions(), held)


def _accuse(data: bytes, trust: Trust, kept: list[KeptCheckpoint], path: Path) -> None:
    """Write what convicts the log, if two checkpoints do so by themselves."""
    bundle = parse_bundle(data)
    log = next(log for log in trust.logs if log.origin == bundle.origin)
    for match in contradictions(log, bundle.checkpoint.encode(), kept)[:1]:
        write_evidence(path, match)


def evidence_beside(kept: list[Path] | None) -> Path:
    """Where evidence goes by default: beside the first checkpoint that was named."""
    first = kept[0] if kept else Path("checkpoint")
    return first.with_name(first.name + EVIDENCE)


def write_evidence(path: Path, contradiction: Contradiction) -> None:
    """Write a contradiction for others to check, and say where; never over another file."""
    try:
        with path.open("xb") as file:
            file.write(contradiction.to_bytes())
    except FileExistsError:
        err.print(f"{path} exists: name another file with --evidence to keep the two checkpoints", markup=False)
    except OSError as error:
        raise MalformedRecord("cannot be written", where=str(path), found=error.strerror or "") from None
    else:
        err.print(f"{path}: two checkpoints that convict the log; `lading verify` checks the file", markup=False)


def _optional(path: Path | None, most: int) -> bytes:
    return b"" if path is None else _read(path, most)


def _read(path: Path, most: int) -> bytes:
    try:
        with path.open("rb") as file:
            data = without_mark(file.read(most + 1))
    except OSError as error:
        raise MalformedRecord("cannot be read", where=str(path), found=error.strerror or "") from None
    if len(data) > most:
        raise MalformedRecord("too large", where=str(path), expected=f"at most {most} bytes")
    return data
