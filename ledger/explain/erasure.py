"""Why private parts were erased, in words."""

from collections.abc import Mapping

from ledger.explain.text import Text, say
from ledger.records.erasure import ErasureReason

REASONS: Mapping[ErasureReason, Text] = {
    ErasureReason.DATA_SUBJECT: say("a person whom it is about asked for it"),
    ErasureReason.RETENTION: say("the time for which it was to be kept is over"),
    ErasureReason.MISTAKE: say("it was entered by mistake"),
    ErasureReason.ORDER: say("an authority ordered it"),
}
