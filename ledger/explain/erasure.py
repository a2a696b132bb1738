"""Why private parts were erased, in words."""

from collections.abc import Mapping

from ledger.records.erasure import ErasureReason

REASONS: Mapping[ErasureReason, str] = {
    ErasureReason.DATA_SUBJECT: "a person whom it is about asked for it",
    ErasureReason.RETENTION: "the time for which it was to be kept is over",
    ErasureReason.MISTAKE: "it was entered by mistake",
    ErasureReason.ORDER: "an authority ordered it",
}
