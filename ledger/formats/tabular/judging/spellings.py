"""Partners by their names: which spellings the map brings together, and which look alike and are asked about."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ledger.formats.tabular.mapping.import_map import Parties
from ledger.formats.tabular.table import Question

_LEGAL = frozenset(
    word
    for words in (
        "ag bv co company corp corporation gmbh inc incorporated kg limited llc llp ltd ltda mbh nv oy plc",
        "pte pty pvt private public sa sarl sas spa srl sro ab as aps kft doo the",
    )
    for word in words.split()
)
"""Words that say what kind of company it is: names that differ in these alone are likely one."""
LONGEST = 120
_LETTERS = str.maketrans({"ø": "o", "æ": "a", "œ": "o", "ł": "l", "đ": "d", "ı": "i"})
"""Letters with a stroke or joined, which Unicode takes for letters of their own."""
_UMLAUT = re.compile(r"([aou])e")
"""Müller is spelt Mueller or Muller where there is no ü."""
_LEAST_TYPO = 8
"""Shorter names differ in a letter without being slips."""
_MOST_NAMES = 20_000
"""Beyond so many names slips of one letter are not looked for."""
_MOST_SHOWN = 4
_SPELLING = (
    'parties.same ("NAME" = ["SPELLING", …]), parties.different ([["SPELLING", "SPELLING"]]), or parties.spelling = '
    '"letters" or "exact"'
)


@dataclass(slots=True)
class Names:
    """What a spelling stands for. With `letters`, the first spelling that comes by is the name of all alike."""

    parties: Parties
    _first: dict[str, str] = field(default_factory=dict)

    def resolved(self, spelling: str) -> str:
        name = self.parties.same.get(spelling, spelling)
        if self.parties.spelling != "letters":
            return name
        if not self._first:
            known = (*self.parties.same.values(), *self.parties.numbers)
            self._first.update((letters_of(one), one) for one in reversed(known))
        return self._first.setdefault(letters_of(name) or name, name)


def letters_of(name: str) -> str:
    """A name without case, accents, spaces and signs."""
    folded = unicodedata.normalize("NFKD", name.casefold().replace("&", " and "))
    return "".join(one for one in folded if one.isalnum())


def core_of(name: str) -> str:
    """The same without words for the kind of company, however umlauts are spelt; with spaces between words."""
    folded = unicodedata.normalize("NFKD", name.casefold().replace("&", " and "))
    # Dots within S.A. and strokes within A/S are no ends of words.
    plain = re.sub(r"(?<=\b\w)[./](?=\w\b)", "", re.sub(r"\band\s+co\b", "", folded))
    bare = "".join(one for one in plain if not unicodedata.combining(one)).translate(_LETTERS)
    words = re.findall(r"\w+", _UMLAUT.sub(r"\1", bare))
    return " ".join(word for word in words if word not in _LEGAL) or letters_of(name)


def spellings_asked(names: Iterable[tuple[int, str]], parties: Parties) -> list[Question]:
    """A question for each group of `names` (with their lines) that look like one partner."""
    first: dict[str, int] = {}
    for line, name in names:
        if len(name) <= LONGEST:  # longer ones are nobody's names, and too long to compare
            first.setdefault(name, line)
    groups: dict[str, list[str]] = defaultdict(list)
    for name in first:
        groups[core_of(name).replace(" ", "")].append(name)
    for one, other in _typos(groups):
        merged = groups.pop(other, None)
        if merged is not None and one in groups:
            groups[one] += merged
        elif merged is not None:
            groups[other] = merged
    asked = []
    for group in groups.values():
        if not _open(group, parties):
            continue
        proof = tuple((first[name], repr(name)) for name in sorted(group, key=first.__getitem__)[:_MOST_SHOWN])
        asked.append(Question(_SPELLING, f"{len(group)} spellings that may be one partner", proof))
    return asked


def _open(group: list[str], parties: Parties) -> bool:
    """Whether any two spellings of a group are neither one by the map nor different by it."""
    return any(
        not any({one, other} <= apart for apart in parties.different)
        for i, one in enumerate(group)
        for other in group[i + 1 :]
    )


def _typos(groups: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Pairs of long names that differ in one letter: each shares with the other what is left when one is taken away."""
    long = [name for name in groups if len(name) >= _LEAST_TYPO]
    if len(long) > _MOST_NAMES:
        return
    left: dict[str, str] = {}
    for name in long:
        for i, letter in enumerate(name):
            if not letter.isalpha() or i == len(name) - 1:
                continue  # Unit 3 and Unit 4, Vendor A and Vendor B are not slips
            other = left.setdefault(name[:i] + name[i + 1 :], name)
            if other != name and _one_letter(name, other):
                yield other, name
        if (other := left.setdefault(name, name)) != name and _one_letter(name, other):
            yield other, name


def _one_letter(one: str, other: str) -> bool:
    """Whether they differ by one letter more, less or in place, and in no digit."""
    if [c for c in one if c.isdigit()] != [c for c in other if c.isdigit()]:
        return False
    if len(one) == len(other):
        return sum(a != b for a, b in zip(one, other, strict=True)) == 1
    short, long = sorted((one, other), key=len)
    return len(long) - len(short) == 1 and any(long[:i] + long[i + 1 :] == short for i in range(len(long)))
