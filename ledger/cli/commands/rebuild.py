"""What an operator does to a home's database: `lading rebuild` what follows from records and chain, `lading upgrade` it
to this release, `lading erase` private parts of records.
"""

from pathlib import Path
from typing import Annotated, Any

import typer

from ledger.cli.commands.keys import read_file
from ledger.cli.output import Steps, out, print_json, table
from ledger.common.canonical import parse_json
from ledger.common.ids import RecordId, bytes_from_hex, to_hex
from ledger.errors import InvalidInput, MalformedRecord
from ledger.explain.erasure import REASONS
from ledger.explain.units import moment
from ledger.records import index_keys
from ledger.records.erasure import ErasureReason
from ledger.records.signing import SignedRecord
from ledger.services.home.settings import read_settings
from ledger.services.lifecycle.rebuild import Restored, rebuild_projections, restore_from_chain
from ledger.services.lifecycle.upgrade import upgrade as upgrade_home
from ledger.services.node.reader import open_ledger
from ledger.services.state.erasure import Erasing

MAX_FILE = 256 << 20
SHOWN = 20


def rebuild(
    projections: Annotated[
        bool, typer.Option("--projections", help="Drop the projections and derive them from the records.")
    ] = False,
    from_chain: Annotated[
        bool, typer.Option("--from-chain", help="Fill an empty database from the chain and the published log.")
    ] = False,
    records: Annotated[
        list[Path] | None,
        typer.Option(help="With --from-chain: a bundle, or a JSON list of signed records, that partners gave back."),
    ] = None,
    new_log: Annotated[
        bool,
        typer.Option("--new-log", help="With --from-chain: end the old log, as leaves of it are lost."),
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Make the database whole again. Stop the node first.

    --projections: shipments, custody lines, clearances, attestations and bonuses are derived anew from the records.

    --from-chain: for a database that was lost. The chain has every record that a contract took, and what became of it.
    It does not have: records of the log alone (endorsements, amendments, recall answers, observations), rejections,
    records that were accepted and not yet submitted, opened private parts, enrolment documents, item codes and award
    files. If the folder `log` is still there, it names every leaf, so records go back to their places; once none is
    missing, the same log goes on. Missing ones are listed: whoever holds one can give it back with --records, and it
    is taken only if it fits its leaf. Otherwise --new-log moves the old log's keys and files aside and begins a new
    log with what the chain has; the council then registers it, naming the old one and its size.

    Exit status 1: leaves are missing, and nothing was written.
    """
    if projections == from_chain or (not from_chain and (records or new_log)):
        raise InvalidInput("say what to rebuild", where="rebuild", expected="--projections or --from-chain")
    settings = read_settings()
    if projections:
        size = rebuild_projections(settings)
        if json:
            print_json({"done": True, "size": size})
        else:
            out.print(f"projections derived anew from {size} leaves")
        return
    given = [signed for path in records or [] for signed in read_records(path)]
    with Steps() as steps:
        restored = restore_from_chain(settings, given=given, new_log=new_log, tell=steps.tell)
    if json:
        print_json(restored.to_json())
    else:
        show(restored)
    if not restored.done:
        raise typer.Exit(1)


def upgrade(json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False) -> None:
    """Bring a home of an older release up to date. Make a backup and stop the node first.

    `lading serve` does the same when it starts. Afterwards the older release refuses the home; `lading audit` shows
    that records, log and figures are what they were.
    """
    result = upgrade_home(read_settings())
    if json:
        print_json(result.to_json())
    elif result.before == result.after:
        out.print(f"up to date: revision {result.after}, {result.size:,} leaves")
    else:
        out.print(f"from revision {result.before} to {result.after}, {result.size:,} leaves; now: lading audit")


def erase(
    record: Annotated[str, typer.Argument(help="The record's id.")],
    reason: Annotated[ErasureReason, typer.Option(help="Why; it is noted and shown to the record's parties.")],
    parts: Annotated[list[str] | None, typer.Argument(help="Private parts, such as details or contents[0].")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All private parts of the record.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Erase without asking.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Erase private parts of a record for ever: salt and body leave this home. Every proof stays valid.

    Figures that rest on them are ranges from then on. Copies elsewhere (partners, bundles, backups) are not
    reached.
    """
    if bool(parts) == everything:
        raise InvalidInput("what is to be erased?", expected="names of parts, or --all")
    record_id = RecordId(bytes_from_hex(record, 32, "record"))
    named = ", ".join(parts or ["all private parts"])
    if not yes and not typer.confirm(f"Erase {named} of {record}, because {REASONS[reason]}?", err=True):
        raise typer.Exit(1)
    with open_ledger(read_settings(), read_only=False) as reader:
        erasing = Erasing(reader.home, reader.registry)
        result = erasing.erase(record_id, parts or (), reason=reason)
        about = [view.id for view in reader.views.records(kind=index_keys.RECORD, key=to_hex(record_id))]
        erasing.scrub()
    if json:
        print_json({"record": record, "erased": [entry.to_json() for entry in result], "about": about})
        return
    for entry in result:
        out.print(f"{entry.path}: erased at {moment(entry.erased_at)}", markup=False)
    if about:
        out.print(f"Records about it may repeat what it said: {', '.join(about)}", markup=False)


def erased(json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False) -> None:
    """List what was erased in this home: when, by whom and why."""
    with open_ledger(read_settings()) as reader:
        result = Erasing(reader.home, reader.registry).listing()
    if json:
        print_json({"erased": [entry.to_json() for entry in result]})
        return
    rows = [
        (f"{to_hex(e.record_id)[:18]}…", e.path, moment(e.erased_at), e.erased_by or "operator", e.reason)
        for e in result
    ]
    out.print(table(("record", "part", "when", "by", "why"), rows))


def read_records(path: Path) -> list[SignedRecord]:
    """The records in a bundle, or in a list of `{type, message, signatures}`."""
    data: Any = parse_json(read_file(path), max_size=MAX_FILE, where=str(path))
    entries = data.get("records") if isinstance(data, dict) else data
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise MalformedRecord("no records in this file", where=str(path), expected="a bundle, or a list of records")
    names = ("type", "message", "signatures")
    return [SignedRecord.from_json({name: entry.get(name) for name in names}) for entry in entries]


def show(restored: Restored) -> None:
    """The result for people."""
    if not restored.done:
        out.print(f"[bold red]nothing was written[/]: {len(restored.lost)} leaves of the log are lost")
        for leaf in restored.lost[:SHOWN]:
            entry = leaf.to_json()
            out.print(f"  leaf {entry['index']}  {entry['type']}  {entry['record']}")
        if len(restored.lost) > SHOWN:
            out.print(f"  … and {len(restored.lost) - SHOWN} more (all of them with --json)")
        out.print("Ask whoever signed them for their copies and give these with --records, or go on with --new-log.")
        return
    out.print(f"{restored.in_place} leaves back in their places, {restored.appended} appended")
    out.print(f"log {to_hex(restored.log.log_id)}, key {to_hex(restored.log.public_key)}")
    if restored.registration is not None:
        out.print("The council has to sign this change before the new log can be anchored:")
        print_json(SignedRecord(restored.registration, ()).to_json())
