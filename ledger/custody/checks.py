"""Checks that every custody record passes before its items are looked at."""

from collections.abc import Sequence
from typing import NoReturn

from ledger.common.periods import CLOCK_SKEW
from ledger.custody.slot import Signer
from ledger.errors import BadSignature, NotPermitted, RuleBroken
from ledger.records.types import NOBODY


def check_occurred(occurred_at: int, now: int) -> None:
    if occurred_at > now + CLOCK_SKEW:
        raise RuleBroken(
            "not yet happened", where="occurredAt", expected=f"at most {now + CLOCK_SKEW}", found=occurred_at
        )


def check_submit_by(submit_by: int, now: int) -> None:
    if submit_by < now:
        raise RuleBroken("too late to record", where="submitBy", expected=f"at least {now}", found=submit_by)


def check_signers(partners: Sequence[int], signers: Sequence[Signer]) -> None:
    """Raise `BadSignature` unless each signature is by a valid key of its partner.

    For partner 0 any key will do, as each shipment has its own; `NotPermitted` for one that the registry knows.
    """
    if len(signers) != len(partners):
        raise BadSignature("wrong number of signatures", expected=len(partners), found=len(signers))
    for i, (partner, signer) in enumerate(zip(partners, signers, strict=True)):
        if partner != NOBODY and signer.partner != partner:
            raise BadSignature(
                "not a valid key of this partner for this record",
                where=f"signatures[{i}]",
                expected=f"partner {partner}",
                found=f"0x{signer.key.hex()} (partner {signer.partner})",
            )
        if partner == NOBODY and signer.known:
            refuse_known_key(signer.key, f"signatures[{i}]")


def refuse_known_key(key: bytes, where: str) -> NoReturn:
    """Raise `NotPermitted`: a partner would deliver to itself."""
    raise NotPermitted(
        "the registry knows this key",
        where=where,
        expected="a one-time key that the consumer alone has",
        found=f"0x{key.hex()}",
    )


def check_not_both_sides(first: Signer, second: Signer) -> None:
    if first.key == second.key:
        raise BadSignature(
            "one key signed both sides", where="signatures", expected="two keys", found=f"0x{first.key.hex()}"
        )
