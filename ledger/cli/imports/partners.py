"""Who the partners of a file are in the consortium: by the map's numbers, else by the very name in the partner book."""

from collections.abc import Mapping, Sequence

from ledger.formats.tabular.lines import Line
from ledger.formats.tabular.table import Question
from ledger.registry.partner_book import PartnerBook


def numbers_of(
    lines: Sequence[Line], given: Mapping[str, int], book: PartnerBook | None
) -> tuple[dict[str, int], tuple[Question, ...]]:
    """Each partner's number by its name in the file, and a question for each that has none, or one that nobody has."""
    by_name: dict[str, list[int]] = {}
    for entry in book.entries if book else ():
        by_name.setdefault(entry.name, []).append(entry.partner)
    admitted = {entry.partner for entry in book.entries} if book else None
    first: dict[str, int] = {}
    for line in lines:
        for name in line.partners:
            first.setdefault(name, line.line)
    numbers, questions = {}, []
    for name, line_number in first.items():
        number = given.get(name)
        booked = by_name.get(name, ())
        if number is None and len(booked) == 1:
            number = booked[0]
        key, proof = f'parties.numbers."{name}"', ((line_number, repr(name)),)
        if number is None:
            what = "several partners of the book have this name" if booked else "no partner of the book has this name"
            questions.append(Question(key, what, proof, "the partner's number"))
        elif admitted is not None and number not in admitted:
            questions.append(Question(key, f"no partner {number} in the book", proof, "the partner's number"))
        else:
            numbers[name] = number
    return numbers, tuple(questions)
