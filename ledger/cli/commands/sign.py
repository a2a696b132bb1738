"""`lading sign` and `lading submit`: sign on a dock without a network, carry it by file or code, hand it in later."""

import time
from pathlib import Path
from typing import Annotated, Any

import segno
import typer

from ledger.bonuses.agreement import warning_codes
from ledger.cli.client import opened
from ledger.cli.commands.keys import keystore_path, open_key, read_file, trusted_domain
from ledger.cli.output import err, out, print_json
from ledger.cli.qr_frames import read_signed, to_frames
from ledger.cli.templates import completed, in_words, told_defaults
from ledger.codes import ExceptionBit
from ledger.common.canonical import canonical_json, parse_json
from ledger.common.ids import to_hex
from ledger.errors import InvalidInput, MalformedRecord
from ledger.records.signing import Domain, SignedRecord
from ledger.records.types import Amendment, Record
from ledger.services.home.settings import read_settings

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


def sign(
    key: Annotated[str, typer.Argument(help="Name of a keystore under LADING_HOME/keys, or a path to one.")],
    file: Annotated[
        Path | None,
        typer.Argument(help="A record, a template that leaves out what is empty, or the text of scanned codes."),
    ] = None,
    trust: Annotated[Path, typer.Option(help="The consortium's trust file.")] = Path("trust.json"),
    item: Annotated[
        list[str] | None,
        typer.Option(help="Build a handoff: SHIPMENT:SEQUENCE:PACKAGES[:short,damaged,…]; repeat it for a manifest."),
    ] = None,
    releaser: Annotated[int, typer.Option(help="Handoff: who gives; 0 is the shipment's recipient key.")] = 0,
    receiver: Annotated[int, typer.Option(help="Handoff: who takes; 0 is the shipment's recipient key.")] = 0,
    place: Annotated[str, typer.Option(help="Handoff: where, as COUNTRY,LOCODE,NAME.")] = "",
    load: Annotated[str, typer.Option(help="Handoff: SSCC, container or waybill.")] = "",
    due: Annotated[int, typer.Option(help="Handoff: to be passed on by (UTC seconds).")] = 0,
    about: Annotated[
        Path | None, typer.Option(help="The record that an amendment changes, to see what stood before beside it.")
    ] = None,
    save: Annotated[Path | None, typer.Option("--out", help="Write the signed record here.")] = None,
    qr: Annotated[str | None, typer.Option(help="Show it as codes: '-' on the terminal, else a PNG file.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Sign without asking.")] = False,
    json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object: the signed record, its id and codes of warnings.")
    ] = False,
) -> None:
    """Show a record in words and sign it, without any network; the other side signs what this writes or shows.

    Submit it later, when both have signed: `lading submit`.
    """
    if (file is None) == (not item):
        raise InvalidInput("what is to be signed?", expected="a file, or --item for a handoff")
    settings, domain, now = read_settings(), trusted_domain(trust), int(time.time())
    if file is None:
        draft = _handoff(item or [], releaser, receiver, place, load, due)
        signed = SignedRecord.from_json(completed(draft, now))
    else:
        signed = _read(file, now)
    signed.record.check()
    domain.typed_data(signed.record)  # refuses withheld parts: nobody signs what he cannot see
    target = _target(about, signed.record, domain)
    for line in in_words(signed.record, target):
        err.print(line, markup=False)
    err.print(f"Signed by {len(signed.signatures)} so far; its id is {to_hex(domain.record_id(signed.record))}")
    if not yes and not typer.confirm("Sign it?", err=True):
        raise SystemExit(1)
    signature = open_key(settings, keystore_path(settings, key)).sign(domain, signed.record)
    if signature not in signed.signatures:
        signed = SignedRecord(signed.record, (*signed.signatures, signature))
    _give(signed, save, qr, quiet=json)
    if json:
        record_id, warnings = to_hex(domain.record_id(signed.record)), warning_codes(signed.record)
        print_json({"id": record_id, "record": signed.to_json(), "warnings": warnings})


def submit(
    files: Annotated[list[Path], typer.Argument(help="Signed records as files, or the text of scanned codes.")],
    url: Annotated[str | None, typer.Option(help="The service to ask; without it, the home on this machine.")] = None,
    json: Json = False,
) -> None:
    """Hand in signed records, in any order. What lacks a signature waits for it; what comes too early waits too."""
    records = [read_signed(read_file(file), str(file)) for file in files]
    with opened(url) as door:
        answers = [door.submit(signed) for signed in records]
    if json:
        print_json({"records": answers})
        return
    for file, answer in zip(files, answers, strict=True):
        missing = f", missing: {', '.join(answer['missing'])}" if answer.get("missing") else ""
        waits = "".join(f"\n  {waits_in_words(one)}" for one in answer.get("waitsFor", ()))
        out.print(f"{file}: {answer['status']} as {answer['id']}{missing}{waits}", markup=False)


def _target(about: Path | None, record: Record, domain: Domain) -> Record | None:
    """The record in the file `about`, if that is what `record` amends."""
    if about is None:
        return None
    target = read_signed(read_file(about), str(about)).record
    if not isinstance(record, Amendment) or domain.record_id(target) != record.target:
        raise InvalidInput(
            "not the record that is amended",
            where=str(about),
            expected=to_hex(record.target) if isinstance(record, Amendment) else "an amendment to be signed",
            found=to_hex(domain.record_id(target)),
        )
    return target


def _read(file: Path, now: int) -> SignedRecord:
    content = read_file(file)
    if content.lstrip()[:1] != b"{":
        return read_signed(content, str(file))
    data = parse_json(content, where=str(file))
    if isinstance(data, dict) and data.get("signatures"):
        return SignedRecord.from_json(data)
    signed = SignedRecord.from_json(completed(data, now))
    for line in told_defaults(data):
        err.print(line, markup=False)
    return signed


def _handoff(items: list[str], releaser: int, receiver: int, place: str, load: str, due: int) -> dict[str, Any]:
    country, locode, name = (*place.split(",", 2), "", "", "")[:3]
    message: dict[str, Any] = {
        "items": sorted(map(_item, items), key=lambda entry: str(entry["shipment"])),
        "releaser": releaser,
        "receiver": receiver,
        "place": {"country": country, "locode": locode, "name": name},
        "load": {"identifier": load},
        "dueAt": due,
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


def _give(signed: SignedRecord, save: Path | None, qr: str | None, *, quiet: bool) -> None:
    """Write the record, show its codes, or print it when neither was asked for; `quiet`: it is printed elsewhere."""
    if save is not None:
        typer.echo(f"written to {save}", err=True)
        save.write_bytes(canonical_json(signed.to_json()) + b"\n")
    if qr is None:
        if save is None and not quiet:
            print_json(signed.to_json())
        return
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


def waits_in_words(one: dict[str, Any]) -> str:
    """What an accepted record waits for, in a line."""
    standing = one.get("standing")
    stands = "nobody has opened it yet" if standing is None else f"it stands at {standing}"
    return f"waits: {one['where']} is {one['sequence']} of shipment {one['shipment']}, and {stands}"
