"""`lading import`: anybody's file of shipments, under a map that says what it means."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer

from ledger.cli.commands.keys import read_file
from ledger.cli.imports.maps import open_map
from ledger.cli.imports.reasons import reasons_beside, write_reasons
from ledger.cli.imports.words import as_json, in_words, sums_as_json, sums_in_words
from ledger.cli.output import err, out, print_json
from ledger.errors import InvalidInput
from ledger.formats.tabular.mapping.import_map import ImportMap, PenaltyTerms
from ledger.formats.tabular.plan import Plan, plan_of
from ledger.formats.tabular.sums import sums_of
from ledger.formats.tabular.table import Question

MOST_ALPHA = 2**64
UNUSABLE = 3
"""Exit status where lines are unusable, and nobody said to go on without them."""
_SHOWN = 20


def import_(
    file: Annotated[Path, typer.Argument(help="CSV with any separator, an XLSX workbook, or lines of JSON.")],
    map_name: Annotated[
        str, typer.Option("--map", help="A map: a TOML file, or scms, olist-orders or dataco, which ship with Lading.")
    ],
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", help="Set a key of the map, such as dates.order=dmy. Repeat it for more."),
    ] = None,
    history: Annotated[
        bool, typer.Option("--history", help="Enter it as history: signed by demo keys, in a LADING_HOME of its own.")
    ] = False,
    drafts: Annotated[Path | None, typer.Option(help="Write drafts for the partners to sign into this folder.")] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what each line becomes; so it is without --history or --drafts.")
    ] = False,
    skip_unusable: Annotated[
        bool, typer.Option("--skip-unusable", help="Go on without lines of which nothing can be made.")
    ] = False,
    reasons: Annotated[
        Path | None, typer.Option(help="Where to write unusable lines and why; default: beside the file.")
    ] = None,
    alpha: Annotated[
        int | None, typer.Option(min=0, max=MOST_ALPHA, help="Penalty rate, minor units per day squared.")
    ] = None,
    cap_bps: Annotated[
        int | None, typer.Option(min=0, max=1_000_000, help="Penalty cap, basis points of a line's value.")
    ] = None,
    trust: Annotated[Path, typer.Option(help="With --drafts: the consortium's trust file.")] = Path("trust.json"),
    market: Annotated[
        list[Path] | None,
        typer.Option(
            help="With --drafts: the rules of a market, which fill in the clearances that terms need; repeat it. "
            "Without it: *.toml in `markets` beside the trust file."
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="With --history: enter it without asking.")] = False,
    wait: Annotated[int, typer.Option(min=0, help="Seconds to wait each time that the chain has to decide.")] = 600,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Read a partner's own file under a map: what each line becomes, then records or drafts of them.

    Without --history or --drafts it only says, line by line, what would become of the file; nothing is signed or
    written but the file of reasons.

    What the file leaves open is asked, with the lines that show it and the key of the map that answers it; nothing is
    guessed. Lines of which nothing can be made end it with status 3 and a file of reasons, unless --skip-unusable.
    """
    if history and drafts is not None:
        raise InvalidInput("history or drafts?", where="--history, --drafts", expected="one of them", found="both")
    of = open_map(map_name, settings or ())
    terms = _terms(of.terms, alpha, cap_bps)
    now = int(time.time())
    plan = plan_of(read_file(file), of, now)
    _ask(plan.questions, as_json=json, told=plan.told)
    dry = dry_run or not (history or drafts is not None)
    stopped = bool(plan.unusable) and not skip_unusable
    report: dict[str, Any] = {"map": of.name, **sums_as_json(sums_of(plan)), "told": list(plan.told)}
    report["unusable_lines"] = [as_json(entry) for entry in plan.unusable]
    if not json:
        _show(plan, whole=dry)
    if plan.unusable:
        path = reasons or reasons_beside(file)
        write_reasons(plan, path)
        report["reasons"] = str(path)
        count = len(plan.unusable)
        err.print(f"{count} line{'s are' if count > 1 else ' is'} unusable; why stands in {path}", markup=False)
    if dry:
        report["entries"] = [as_json(entry) for entry in plan.entries]
    elif not stopped and history:
        report |= _history(plan, terms, wait, yes=yes or json, as_json=json)
    elif not stopped and drafts is not None:
        report |= _drafts(plan, of, terms, _Desk(drafts, trust, tuple(market or ()), now), as_json=json)
    if json:
        print_json(report)
    if stopped or (report.get("refused") and not skip_unusable):
        raise SystemExit(UNUSABLE)


def _terms(given: PenaltyTerms, alpha: int | None, cap_bps: int | None) -> PenaltyTerms:
    """The map's terms, where the command line says nothing else."""
    return PenaltyTerms(
        alpha if alpha is not None else given.alpha,
        cap_bps if cap_bps is not None else given.cap_bps,
        given.cap if cap_bps is None else None,
        given.grace,
    )


def _ask(questions: Sequence[Question], *, as_json: bool, told: Sequence[str]) -> None:
    """Print what is open, and end; nothing where nothing is."""
    if not questions:
        return
    if as_json:
        asked = [
            {
                "key": one.key,
                "what": one.what,
                "lines": [{"line": line, "found": found} for line, found in one.proof],
                "choices": one.choices,
            }
            for one in questions
        ]
        print_json({"questions": asked, "told": list(told)})
    else:
        for one in questions:
            err.print(f"? {one.what}", markup=False)
            for line, found in one.proof:
                err.print(f"    line {line}: {found}", markup=False)
            err.print(f"  set {one.key}" + (f": {one.choices}" if one.choices else ""), markup=False)
    raise InvalidInput(
        f"the file leaves {len(questions)} question{'s' if len(questions) > 1 else ''} open, and nothing is guessed",
        where="map",
        expected=", ".join(dict.fromkeys(one.key for one in questions)),
        mend="Say it in the map, or with --set KEY=VALUE.",
    )


def _show(plan: Plan, *, whole: bool) -> None:
    for entry in plan.entries if whole else plan.entries[:_SHOWN]:
        out.print(in_words(entry), markup=False)
    if not whole and len(plan.entries) > _SHOWN:
        out.print(f"… and {len(plan.entries) - _SHOWN} more lines (all of them with --dry-run)")
    for told in plan.told:
        out.print(f"settled by the file: {told}", markup=False)
    for sentence in sums_in_words(sums_of(plan)):
        out.print(sentence, markup=False)


def _history(plan: Plan, terms: PenaltyTerms, wait: int, *, yes: bool, as_json: bool) -> dict[str, Any]:
    # What serves and keeps records is not needed for a dry run or for drafts.
    from ledger.cli.imports.history import enter
    from ledger.cli.imports.result import told_result
    from ledger.cli.imports.seed import Terms
    from ledger.services.home.settings import read_settings

    if not yes and not typer.confirm("Sign all of it with demo keys, and enter it?", err=True):
        raise SystemExit(1)
    promised = Terms(terms.alpha, terms.cap_bps, terms.cap, terms.grace)
    result = enter(read_settings(), plan.lines, promised, wait)
    if not as_json:
        for sentence in told_result(result):
            out.print(sentence, markup=False)
    return result


class _Desk(NamedTuple):
    """Where drafts lie, and the files by which they are made. `now`: UTC seconds."""

    folder: Path
    trust: Path
    markets: tuple[Path, ...]
    now: int


def _drafts(plan: Plan, of: ImportMap, terms: PenaltyTerms, at: _Desk, *, as_json: bool) -> dict[str, Any]:
    from ledger.bundle.format import parse_trust
    from ledger.cli.commands.keys import domains_of
    from ledger.cli.imports.drafts import Desk
    from ledger.cli.imports.partners import numbers_of
    from ledger.cli.market_rules import markets_at, told_files

    known = parse_trust(read_file(at.trust))
    numbers, questions = numbers_of(plan.lines, of.parties.numbers, known.partners)
    _ask(questions, as_json=as_json, told=plan.told)
    markets = markets_at(at.markets, at.trust)
    at.folder.mkdir(parents=True, exist_ok=True)
    desk = Desk(at.folder, domains_of(known, at.trust)[0], numbers, terms, at.now, markets)
    made = desk.draft(plan.lines)
    if not as_json:
        for sentence in told_files(markets):
            err.print(sentence, markup=False)
        for draft in made:
            state = "" if draft.new else " (was there)"
            out.print(f"{draft.path}{state}: {draft.kind}, to be signed by {' and '.join(draft.signers)}", markup=False)
        for refusal in desk.refused:
            err.print(f"line {refusal.line}: no draft: {refusal.reason}", markup=False)
    return {
        "drafts": [
            {
                "file": str(draft.path),
                "type": draft.kind,
                "id": draft.record_id,
                "lines": list(draft.lines),
                "signers": list(draft.signers),
                "new": draft.new,
            }
            for draft in made
        ],
        "refused": [{"line": refusal.line, "reason": refusal.reason} for refusal in desk.refused],
    }
