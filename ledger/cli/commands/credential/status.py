"""`lading credential status`: the list in which you tell others' tools which of your credentials you revoked."""

from collections.abc import Iterator
from pathlib import Path
from time import time
from typing import Annotated

import typer

from ledger.bundle.format import Trust
from ledger.cli.commands.credential.inputs import Desk, expect, read_record, write_token
from ledger.cli.commands.keys import Name, read_file
from ledger.cli.output import err, out
from ledger.common.ids import to_hex
from ledger.common.periods import DAY
from ledger.errors import MalformedRecord, NotPermitted, VerificationFailed
from ledger.formats.credentials import status as lists
from ledger.formats.credentials.envelope import Validity, moment
from ledger.formats.credentials.evidence import Records
from ledger.formats.credentials.jose import sign_credential
from ledger.formats.log_proofs import log_of_proof
from ledger.log.tlog_proof import TlogProof, parse_tlog_proof
from ledger.records.types import Revocation

MOST_DAYS = 366
Files = list[Path]


def status(
    key: Name,
    url: Annotated[
        str, typer.Option("--status-lists", help="The URL that your credentials name, as they were issued.")
    ],
    number: Annotated[int, typer.Option(min=0, help="Which list: the last part of the URL in the credentials.")] = 0,
    revocation: Annotated[
        Files | None,
        typer.Option(help="A Revocation that you signed, as /v1/records/{id} answers. Repeat it for more."),
    ] = None,
    revocation_proof: Annotated[Files | None, typer.Option(help="Its proof, in the same order.")] = None,
    revoked_proof: Annotated[Files | None, typer.Option(help="The proof of the record that it revokes.")] = None,
    before: Annotated[
        Path | None, typer.Option(help="The list that you published before: what it revokes stays revoked.")
    ] = None,
    days: Annotated[int, typer.Option(min=1, max=MOST_DAYS, help="How long it may be relied on.")] = 30,
    did: Annotated[str | None, typer.Option(help="Your DID, as in the credentials.")] = None,
    trust: Annotated[Path, typer.Option(help="The consortium's trust file.")] = Path("trust.json"),
    save: Annotated[Path | None, typer.Option("--out", help="Write the list here, and not to the terminal.")] = None,
) -> None:
    """Sign a W3C Bitstring Status List of your credentials, for tools that know no records.

    Set is only what a Revocation in the log revokes, and what the list before has set. Sign a new one in time, and
    publish it at its URL: `PUT` it there, where this ledger's service hosts it. Nobody can sign it for you.
    """
    desk = Desk.opened(key, trust, did)
    now = max(int(time()), 0)
    owner = desk.trust.partners.owner(desk.key.address) if desk.trust.partners else None
    if owner is None:
        raise NotPermitted("the trust file's partner book does not know the key", where="key")
    proofs = _proofs(revocation, revocation_proof, revoked_proof)
    previous = None if before is None else _before(before, owner.partner, desk.trust)
    places = set() if previous is None else {i for i in range(lists.LENGTH) if previous.revoked(i)}
    log = desk.trust.logs[-1]
    where = lists.list_url(url, log.log_id, number)
    for path, proof, of in proofs:
        said = _revocation(desk, path, proof)
        _check_own(said, path, owner.partner, now)
        target = _target(desk, said, of)
        entry = lists.Entry.of(url, target, desk.trust)
        if log_of_proof(desk.trust, target) == log and entry.url != where:
            raise MalformedRecord(
                "of another list", where=str(of), expected=f"--number {target.index // lists.LENGTH}", found=number
            )
        where = entry.url
        places.add(entry.index)
    if previous is not None and previous.url != where:
        raise MalformedRecord("another list", where=str(before), expected=where, found=previous.url)
    made = lists.status_list(where, places, desk.issuing, owner.name, Validity(now, now + days * DAY))
    token = sign_credential(made, desk.issuing)
    lists.issuer_of_list(lists.open_status_list(token.encode()), desk.trust)
    if save is None:
        out.print(token, markup=False)
        return
    write_token(save, token)
    err.print(f"{save}: {len(places)} revoked, until {made['validUntil']}; publish it as {where}", markup=False)


def _proofs(records: Files | None, proofs: Files | None, of: Files | None) -> Iterator[tuple[Path, Path, Path]]:
    given = [list(one or ()) for one in (records, proofs, of)]
    if len({len(one) for one in given}) != 1:
        raise MalformedRecord(
            "not three files a revocation",
            where="--revocation",
            expected="as many --revocation as --revocation-proof and --revoked-proof",
            found=", ".join(str(len(one)) for one in given),
        )
    return zip(*given, strict=True)


def _before(path: Path, partner: int, trust: Trust) -> lists.StatusList:
    previous = lists.open_status_list(read_file(path))
    if lists.issuer_of_list(previous, trust) != partner:
        raise NotPermitted("another's list", where=str(path))
    return previous


def _revocation(desk: Desk, path: Path, proof: Path) -> Revocation:
    """A Revocation that the log has."""
    signed = read_record(path)
    said: Revocation = expect(signed, Revocation, path)
    Records.opened((desk.evidence(signed, proof),), desk.trust).check_inclusion(desk.trust)
    return said


def _check_own(said: Revocation, path: Path, partner: int, now: int) -> None:
    if said.by != partner:
        raise NotPermitted("another's revocation", where=str(path), expected=partner, found=said.by)
    if said.effectiveFrom > now:
        raise MalformedRecord("it revokes later", where=str(path), expected="by now", found=moment(said.effectiveFrom))


def _target(desk: Desk, said: Revocation, path: Path) -> TlogProof:
    """The proof of the record that is revoked."""
    proof = parse_tlog_proof(read_file(path))
    leaf = proof.leaf()
    proof.verify(log_of_proof(desk.trust, proof), leaf.encode(), desk.trust.witnesses)
    if leaf.record_id != said.target:
        expected, found = to_hex(said.target), to_hex(leaf.record_id)
        raise VerificationFailed("the proof is of another record", where=str(path), expected=expected, found=found)
    return proof
