"""`lading sign`: every record and enrolment, on a dock or at a council member's reader, without a network."""

import time
from collections.abc import Callable, Iterable, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Annotated, Any

import segno
import typer

from ledger.bonuses.agreement import warning_codes
from ledger.bundle.format import parse_trust
from ledger.cli.commands.keys import domains_of, keystore_path, open_key, read_file
from ledger.cli.market_rules import filled, markets_at, told_market
from ledger.cli.output import err, print_json
from ledger.cli.qr_frames import read_signed, to_frames
from ledger.cli.signing_check import given_beside, money_domain, told_goods, told_signer
from ledger.cli.templates import enrolment_in_words, in_words, told_defaults
from ledger.client.drafts import completed
from ledger.codes import ExceptionBit
from ledger.common.canonical import canonical_json, parse_json
from ledger.common.ids import ConsortiumId, KeyAddress, bytes_from_hex, to_hex
from ledger.custody.shape import check_shape
from ledger.errors import InvalidInput, MalformedRecord
from ledger.explain.signers import NO_NAMES
from ledger.markets.rules import Market
from ledger.records.content_checks import check_content
from ledger.records.signing import Domain, SignedRecord, SigningKey
from ledger.records.types import Amendment, ShipmentTerms
from ledger.records.wallet_input import envelope_from_wallet
from ledger.registry.enrolment import Enrolment, parse_enrolment, sign_enrolment
from ledger.services.home.keystores import keystore_address
from ledger.services.home.settings import read_settings
from ledger.shipments.amendments import check_amendment

NO_POOL = "0x" + "00" * 20
_MOST_DIGITS = 14
TRUST = Path("trust.json")


def sign(
    key: Annotated[str, typer.Argument(help="Name of a keystore under LADING_HOME/keys, or a path to one.")],
    file: Annotated[
        Path | None,
        typer.Argument(help="A record, a template that leaves out what is empty, or the text of scanned codes."),
    ] = None,
    item: Annotated[
        list[str] | None,
        typer.Option(help="Build a handoff: SHIPMENT:SEQUENCE:PACKAGES[:short,damaged,…]; repeat it for a manifest."),
    ] = None,
    releaser: Annotated[int, typer.Option(help="Handoff: who gives; 0 is the shipment's recipient key.")] = 0,
    receiver: Annotated[int, typer.Option(help="Handoff: who takes; 0 is the shipment's recipient key.")] = 0,
    place: Annotated[str, typer.Option(help="Handoff: where, as COUNTRY,LOCODE,NAME.")] = "",
    load: Annotated[str, typer.Option(help="Handoff: SSCC, container or waybill.")] = "",
    due: Annotated[
        str, typer.Option(help="Handoff: to be passed on by: UTC seconds, or 2026-12-01T17:00+08:00.")
    ] = "0",
    about: Annotated[
        list[Path] | None,
        typer.Option(
            help="The record that an amendment changes, to see what stood before beside it, or the terms of a "
            "shipment, to see order and goods. Repeat it for more."
        ),
    ] = None,
    market: Annotated[
        list[Path] | None,
        typer.Option(
            help="Terms: the rules of a market to sign by; repeat it. Without it: *.toml in `markets` beside the trust "
            "file. What terms leave out is filled in, and goods that are refused are not signed."
        ),
    ] = None,
    unlisted: Annotated[
        bool, typer.Option(help="Sign with a key that the trust file's partner book does not know yet.")
    ] = False,
    save: Annotated[Path | None, typer.Option("--out", help="Write the signed record here.")] = None,
    qr: Annotated[str | None, typer.Option(help="Show it as codes: '-' on the terminal, else a PNG file.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Sign without asking.")] = False,
    json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object: the signed record, its id and codes of warnings.")
    ] = False,
    trust: Annotated[Path, typer.Option(help="The consortium's trust file; enough for everything.")] = TRUST,
    consortium: Annotated[
        str | None, typer.Option(help="Without a trust file: consortium id, 32 bytes in hex.")
    ] = None,
    chain_id: Annotated[int, typer.Option(help="With --consortium, for records of the bonus family.")] = 0,
    bonus_pool: Annotated[
        str | None,
        typer.Option(
            help="For records of the bonus family: the pool's address, where there are several or no trust file."
        ),
    ] = None,
) -> None:
    """Show a record in words and sign it; the other side signs what this writes or shows. It needs no network.

    Refused is what the ledger would refuse for what the record says, and a key that has no part in it. Names stand
    beside numbers as the partner book in the trust file has them, which the log signed.

    Submit it later, when all have signed: `lading submit`. Changes of the registry are signed like every record, and
    so is the document of an enrolment, by the key that it names.
    """
    if (file is None) == (not item):
        raise InvalidInput("what is to be signed?", expected="a file, or --item for a handoff")
    settings, now = read_settings(), int(time.time())
    known = parse_trust(read_file(trust)) if consortium is None else None
    if known is None:
        domains = [_named_domain(consortium or "", chain_id, bonus_pool or NO_POOL)]
    else:
        domains = _of_pool(domains_of(known, trust), bonus_pool)
    book = known.partners if known else None
    path = keystore_path(settings, key)
    markets = cache(partial(markets_at, tuple(market or ()), trust))  # read where terms are signed, and only there
    if file is None:
        draft = _handoff(item or [], releaser, receiver, place, load, due)
        signed = envelope_from_wallet(completed(draft, now))
    else:
        content = read_file(file)
        if (enrolment := _enrolment(content, str(file), domains[0])) is not None:
            _confirm(enrolment_in_words(enrolment), yes)
            answer = _signed_enrolment(enrolment, open_key(settings, path))
            print_json(answer) if save is None else _write(save, answer)
            return
        signed = _read(content, str(file), now, markets)
    record = signed.record
    check_content(record, now)
    check_shape(record)
    beside = {str(one): read_signed(read_file(one), str(one)).record for one in about or ()}
    domain = money_domain(record, beside.values(), domains)
    domain.typed_data(record)  # refuses withheld parts: nobody signs what he cannot see
    given = given_beside(record, beside, domain)
    target = given.target_of(record)
    if isinstance(record, Amendment) and target is not None:
        check_amendment(record, target)
    words = [
        *in_words(record, target, book.names if book else NO_NAMES),
        *told_goods(record, given),
        *(told_market(record, markets(), now) if isinstance(record, ShipmentTerms) else ()),
        *told_signer(KeyAddress(bytes.fromhex(keystore_address(path)[2:])), record, given, book, unlisted=unlisted),
        f"Signed by {len(signed.signatures)} so far; its id is {to_hex(domain.record_id(record))}",
    ]
    _confirm(words, yes)
    signature = open_key(settings, path).sign(domain, record)
    if signature not in signed.signatures:
        signed = SignedRecord(signed.record, (*signed.signatures, signature))
    if save is not None:
        _write(save, signed.to_json())
    if json:
        record_id, warnings = to_hex(domain.record_id(signed.record)), warning_codes(signed.record)
        print_json({"id": record_id, "record": signed.to_json(), "warnings": warnings})
    elif save is None and qr is None:
        print_json(signed.to_json())
    if qr is not None:
        _show_codes(signed, qr)


def _named_domain(consortium: str, chain_id: int, bonus_pool: str) -> Domain:
    consortium_id = ConsortiumId(bytes_from_hex(consortium, 32, "--consortium"))
    return Domain(consortium_id, chain_id, bytes_from_hex(bonus_pool, 20, "--bonus-pool"))


def _of_pool(domains: list[Domain], bonus_pool: str | None) -> list[Domain]:
    """The one of `domains` that `bonus_pool` names, or all of them."""
    if bonus_pool is None:
        return domains
    pool = bytes_from_hex(bonus_pool, 20, "--bonus-pool")
    chosen = [domain for domain in domains if domain.bonus_pool == pool]
    if not chosen:
        raise InvalidInput(
            "the trust file knows no such bonus pool",
            where="--bonus-pool",
            expected=", ".join(to_hex(domain.bonus_pool) for domain in domains),
            found=bonus_pool,
            mend="If the council has opened it since, get a newer trust file.",
        )
    return chosen


def _confirm(words: Iterable[str], yes: bool) -> None:
    for line in words:
        err.print(line, markup=False)
    if not yes and not typer.confirm("Sign it?", err=True):
        raise SystemExit(1)


def _enrolment(content: bytes, where: str, domain: Domain) -> Enrolment | None:
    """The enrolment in a file that holds a document of one; None for a record."""
    data = parse_json(content, where=where) if content.lstrip()[:1] == b"{" else None
    if not isinstance(data, dict) or "lading" not in data:
        return None
    return parse_enrolment(content.strip(), domain.consortium_id)


def _signed_enrolment(enrolment: Enrolment, key: SigningKey) -> dict[str, Any]:
    if key.address != enrolment.key:
        raise InvalidInput("the document names another key", expected=to_hex(key.address), found=to_hex(enrolment.key))
    return {"document": enrolment.document().decode(), "signature": to_hex(sign_enrolment(enrolment, key))}


def _read(content: bytes, where: str, now: int, markets: Callable[[], Sequence[Market]]) -> SignedRecord:
    if content.lstrip()[:1] != b"{":
        return read_signed(content, where)
    data = parse_json(content, where=where)
    if isinstance(data, dict) and data.get("signatures"):
        return envelope_from_wallet(data)
    if isinstance(data, dict) and data.get("type") == ShipmentTerms.__name__:
        whole = filled(data, markets(), now)
        if whole is not data:
            err.print("Filled in by the rules of its markets: the clearances that it requires.")
        data = whole
    signed = envelope_from_wallet(completed(data, now))
    for line in told_defaults(data):
        err.print(line, markup=False)
    return signed


def _handoff(items: list[str], releaser: int, receiver: int, place: str, load: str, due: str) -> dict[str, Any]:
    country, locode, name = (*place.split(",", 2), "", "", "")[:3]
    message: dict[str, Any] = {
        "items": sorted(map(_item, items), key=lambda entry: str(entry["shipment"])),
        "releaser": releaser,
        "receiver": receiver,
        "place": {"country": country, "locode": locode, "name": name},
        "load": {"identifier": load},
        "dueAt": int(due) if due.isascii() and due.isdigit() and len(due) < _MOST_DIGITS else due,
    }
    return {"type": "Handoff", "message": message}


def _item(text: str) -> dict[str, Any]:
    shipment, *numbers = text.split(":")
    if not 2 <= len(numbers) <= 3 or not all(n.isascii() and n.isdigit() for n in numbers[:2]):
        raise MalformedRecord("not an item", where="--item", expected="SHIPMENT:SEQUENCE:PACKAGES", found=text[:100])
    noted = ExceptionBit(0)
    for name in numbers[2].split(",") if len(numbers) == 3 else ():
        try:
            noted |= ExceptionBit[name.strip().upper().replace("-", "_")]
        except KeyError:
            known = ", ".join((bit.name or "").lower() for bit in ExceptionBit)
            raise MalformedRecord("no such exception", where="--item", expected=known, found=name[:40]) from None
    sequence, packages = map(int, numbers[:2])
    return {"shipment": shipment, "sequence": sequence, "packages": packages, "exceptions": int(noted)}


def _write(path: Path, data: dict[str, Any]) -> None:
    typer.echo(f"written to {path}", err=True)
    path.write_bytes(canonical_json(data) + b"\n")


def _show_codes(signed: SignedRecord, qr: str) -> None:
    frames = to_frames(signed)
    for i, frame in enumerate(frames, start=1):
        code = segno.make_qr(frame, error="m")
        if qr == "-":
            err.print(f"code {i} of {len(frames)}")
            code.terminal(compact=True)
        else:
            path = Path(qr)
            target = path if len(frames) == 1 else path.with_name(f"{path.stem}-{i}{path.suffix}")
            code.save(str(target), scale=4, kind="png")
            err.print(f"code {i} of {len(frames)}: {target}", markup=False)
