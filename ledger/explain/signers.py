"""Who has to sign a record, in words."""

from collections.abc import Mapping

from ledger.common.ids import checksum_address
from ledger.records.signers import (
    CouncilSigners,
    GrantedKeySigner,
    MasterSigner,
    PartnerSigner,
    RecipientSigner,
    Signer,
)

NO_NAMES: Mapping[int, str] = {}


def partner_text(partner: int, names: Mapping[int, str] = NO_NAMES) -> str:
    """`Kea Forwarding (partner 3)`, or `partner 3` where the name is not known."""
    return f"{names[partner]} (partner {partner})" if partner in names else f"partner {partner}"


def signer_text(signer: Signer, names: Mapping[int, str] = NO_NAMES) -> str:
    """`partner 3 as releaser`."""
    match signer:
        case PartnerSigner(partner, field):
            return f"{partner_text(partner, names)} as {field}"
        case MasterSigner(partner):
            return f"a master key of {partner_text(partner, names)}"
        case GrantedKeySigner(key):
            return f"the granted key {checksum_address(key)} itself"
        case RecipientSigner(_, field):
            return f"the recipient key as {field}"
        case CouncilSigners():
            return "the council"
        case _:
            return "the log's anchor key"
