"""Recalls: the answer that a partner owes, and the answers that others owe it."""

from collections.abc import Collection, Iterator, Mapping

from ledger.common.ids import to_hex
from ledger.worklist.items import Action, Item, Kind


def items_of(
    recall: bytes, by: int, since: int, expected: Mapping[int, int], answered: Collection[int], reader: int
) -> Iterator[Item]:
    """What waits for `reader` about one recall that stands, known since `since`.

    `expected`: packages that each partner whom it reached has to account for; `answered`: who has answered it.
    """
    if expected.get(reader) and reader not in answered:
        yield Item(
            Kind.RECALL,
            Action.ANSWER,
            recall,
            since,
            partner=0 if by == reader else by,
            draft={"by": reader, "recall": to_hex(recall)},
            facts={"packages": expected[reader]},
        )
    silent = [partner for partner, packages in expected.items() if packages and partner not in {*answered, reader}]
    if reader == by and silent:
        yield Item(Kind.ANSWERS, Action.LOOK, recall, since, facts={"partners": len(silent)})
