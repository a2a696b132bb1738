"""Rules of markets where terms are signed, without a network: read from files, told, and filled in."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ledger.cli.commands.keys import read_file
from ledger.client.drafts import completed
from ledger.errors import InvalidInput, RuleBroken
from ledger.explain.markets.terms import lack_text, need_text
from ledger.markets.market_file import parse_market
from ledger.markets.needs import Need, case_of, lacks_of, needs_of, refused_by, required_by
from ledger.markets.rules import Market
from ledger.records.types import ShipmentTerms
from ledger.records.wallet_input import envelope_from_wallet

FOLDER = "markets"
"""Beside the trust file: files of markets that whoever signs there goes by."""


def markets_at(files: Sequence[Path], trust: Path) -> list[Market]:
    """The markets in `files`; without any, those in the folder beside the trust file. Raises `MalformedRecord`, and
    `InvalidInput` for two of one jurisdiction.
    """
    folder = trust.parent / FOLDER
    paths = list(files) or sorted(folder.glob("*.toml"))
    markets = [parse_market(read_file(path)) for path in paths]
    codes = [market.jurisdiction for market in markets]
    if double := next((code for code in codes if codes.count(code) > 1), None):
        raise InvalidInput(
            "two files of one jurisdiction",
            where="--market",
            expected="the version that is in force",
            found=f"{double}, in {', '.join(map(str, paths))}",
        )
    return markets


def filled(data: Mapping[str, Any], markets: Sequence[Market], now: int) -> Mapping[str, Any]:
    """A template of terms that leaves out `requires`, with the clearances that its lane and goods need; everything else
    as it is.
    """
    message = data.get("message")
    if data.get("type") != ShipmentTerms.__name__ or not isinstance(message, Mapping) or "requires" in message:
        return data
    terms = envelope_from_wallet(completed(data, now)).record
    if not isinstance(terms, ShipmentTerms):
        return data
    needed = required_by(needs_of(markets, case_of(terms), now))
    return {**data, "message": {**message, "requires": [one.to_json() for one in needed]}} if needed else data


def check_goods(record: ShipmentTerms, markets: Sequence[Market], now: int) -> tuple[Need, ...]:
    """What terms need; raises `RuleBroken` for goods that a market refuses."""
    needs = needs_of(markets, case_of(record), now)
    if (refused := refused_by(needs)) is not None:
        raise RuleBroken(
            "a market refuses these goods",
            where="contents",
            expected=f"goods that rule {refused.rule} lets pass",
            found=need_text(refused),
            mend="Check the tariff code, the lane and the value of the goods.",
        )
    return needs


def told_files(markets: Iterable[Market]) -> Iterator[str]:
    """By which files terms are judged, in words."""
    for market in markets:
        yield f"Judged by the rules of {market.jurisdiction}, version {market.version}: 0x{market.hash.hex()}"


def told_market(record: ShipmentTerms, markets: Sequence[Market], now: int) -> Iterator[str]:
    """What terms need and lack, in words; raises `RuleBroken` for goods that a market refuses."""
    needs = check_goods(record, markets, now)
    yield from told_files(markets)
    yield from (f"  {need_text(need)}" for need in needs)
    yield from (f"Beware: {lack_text(lack)}" for lack in lacks_of(record.requires, needs))
