"""Who has to sign a record, in words."""

from collections.abc import Mapping

from ledger.common.ids import checksum_address
from ledger.common.visible import visible
from ledger.explain.text import Text, partner, say, term
from ledger.records.signers import (
    CouncilSigners,
    GrantedKeySigner,
    MasterSigner,
    PartnerSigner,
    RecipientSigner,
    Signer,
)

NO_NAMES: Mapping[int, str] = {}


def partner_text(number: int, names: Mapping[int, str] = NO_NAMES) -> Text:
    """`Kea Forwarding (partner 3)`, or `partner 3` where the name is not known."""
    if number not in names:
        return partner(number)
    return say("{name} (partner {number})", name=visible(names[number]), number=str(number))


def signer_text(signer: Signer, names: Mapping[int, str] = NO_NAMES) -> Text:
    """`partner 3 as releaser`."""
    match signer:
        case PartnerSigner(number, field):
            return say("{partner} as {role}", partner=partner_text(number, names), role=term("signer", field))
        case MasterSigner(number):
            return say("a master key of {partner}", partner=partner_text(number, names))
        case GrantedKeySigner(key):
            return say("the granted key {key} itself", key=checksum_address(key))
        case RecipientSigner(_, field):
            return say("the recipient key as {role}", role=term("signer", field))
        case CouncilSigners():
            return say("the council")
        case _:
            return say("the log's anchor key")
