"""The catalogues of the pages' languages: `python -m scripts.translations` takes in what templates, code and scripts
say now, and drops what none of them says any more; with `--check` it only tells what is wrong, and ends with 1.

A catalogue is sorted and names no lines of code, so that a change of one sentence is a change of one entry.
"""

import json
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po
from jinja2 import Environment

from ledger import codes
from ledger.api.pages.languages.language import DEFAULT, LANGUAGES, SCRIPT
from ledger.bonuses.agreement import AgreementStatus
from ledger.bonuses.findings import FindingReason
from ledger.bonuses.rule_file import SCORE, SHIPMENTS
from ledger.custody.rules import Flag
from ledger.explain.fields import ENTRIES, label_of
from ledger.explain.words import name_of, spaced
from ledger.network.benchmark import Per
from ledger.network.links import Link
from ledger.network.routes import Market
from ledger.network.sections import Section
from ledger.records.types import BY_NAME
from ledger.scores.card import Indicator
from ledger.services.views.lists.shipment_list import UNDER_WAY
from ledger.shipments.parties import Part
from ledger.shipments.return_reason import ReturnReason
from ledger.shipments.status import ShipmentStatus

ROOT = Path(__file__).resolve().parents[1]
PAGES = ROOT / "ledger" / "api" / "pages"
PYTHON = tuple(ROOT / "ledger" / part for part in ("explain", "drawing", "services", "api"))
WIDTH = 116
_IN_PYTHON = {
    "say": None,
    "phrase": None,
    "say_counted": (1, 2),
    "pair": (1, 2),
    "term": ((1, "c"), 2),
    "gettext": None,
}
_IN_SCRIPTS = re.compile(r'(?:\bmsg|\b_|\bngettext)\(\s*("(?:[^"\\]|\\.)*")(?:,\s*("(?:[^"\\]|\\.)*"))?')
_IN_TEMPLATES = {"_": None, "gettext": None, "ngettext": (1, 2), "pgettext": ((1, "c"), 2)}
_PLACES = re.compile(r"%\((\w+)\)s|\{(\w+)\}")
_TAGS = re.compile(r"</?\w+[^>]*>")
_TAG = re.compile(r"<(/?\w[^>]*)>")
_READ = re.compile(r'(?:title|placeholder|aria-label|alt|data-label)="([^"]*)"')
_UNREAD = re.compile(r"<!.*?>|<(code|pre|style)\b.*?</\1>", re.DOTALL)
_WORD = re.compile(r"[^\W\d_]{2,}")
NAMES = {"Lading", "API", "GTIN", "GLN", "CSV", "UTC"}
"""What has the same name in all languages."""
_CONTEXTS: Mapping[str, tuple[type[Enum], ...]] = {
    "status": (ShipmentStatus, codes.ShipmentState),
    "AgreementStatus": (AgreementStatus,),
    "Flag": (Flag,),
    "market": (Market,),
    "finding": (Indicator,),
    "FindingReason": (FindingReason,),
    "Part": (Part,),
}
"""Enumerations beside those of `ledger.codes` whose members people read, by the context of their words."""
_NAMED = (Link, Per, ReturnReason, Section)
"""Such enumerations whose members people read by name, as those of `ledger.codes`."""
_WORDS: Mapping[str, tuple[str, ...]] = {
    "status": ("proposed", "accepted", "anchored", "pending", UNDER_WAY),
    "relation": ("missing from", "split off from", "opened over", "missing", "split into", "went on as"),
    "finding": (SCORE, SHIPMENTS),
    "signer": ("releaser", "receiver", "consignor", "consignee", "holder", "by", "counterparty", "declarant", "actor"),
}
_HEADER = """\
# Lading's pages: {name}. `python -m scripts.translations` renews it.
msgid ""
msgstr ""
"Language: {tag}\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: {plural}\\n"

"""
Key = tuple[str, str]


@dataclass(frozen=True)
class Said:
    """A message of the pages: its plural, empty where it has none, and whether a script says it."""

    context: str
    message: str
    plural: str
    script: bool

    @property
    def key(self) -> Key:
        return self.context, self.message


def said_in_pages() -> dict[Key, Said]:
    """Every message that templates, code and scripts say, by context and English text."""
    result: dict[Key, Said] = {}
    for one in (*_in_files(), *_names_of_codes()):
        before = result.get(one.key)
        script, plural = one.script, one.plural
        if before is not None:
            script, plural = script or before.script, plural or before.plural
        result[one.key] = Said(one.context, one.message, plural, script)
    return result


def catalogue_path(tag: str) -> Path:
    return PAGES / "locale" / tag.replace("-", "_") / "LC_MESSAGES" / "lading.po"


def read_catalogue(tag: str) -> Catalog:
    path = catalogue_path(tag)
    if not path.exists():
        return Catalog(locale=tag.replace("-", "_"))
    with path.open("rb") as file:
        return read_po(file, locale=tag.replace("-", "_"))


def renewed(tag: str, said: dict[Key, Said]) -> bytes:
    """The catalogue's file with these messages and what was translated of them, and no others."""
    before = read_catalogue(tag)
    made = Catalog(locale=tag.replace("-", "_"), fuzzy=False)
    for one in said.values():
        known = before.get(one.message, one.context or None)
        made.add(
            (one.message, one.plural) if one.plural else one.message,
            "" if known is None or tag == DEFAULT or _counts(known) != bool(one.plural) else known.string,
            context=one.context or None,
            auto_comments=[SCRIPT] if one.script else [],
        )
    written = BytesIO()
    write_po(written, made, width=WIDTH, no_location=True, omit_header=True, sort_output=True)
    return (
        _HEADER.format(name=LANGUAGES[tag], tag=made.locale_identifier, plural=made.plural_forms).encode()
        + written.getvalue()
    )


def problems_of(tag: str, said: dict[Key, Said]) -> Iterator[str]:
    """What is wrong with a catalogue: missing, untranslated and obsolete messages, and places or marks that differ."""
    catalogue = read_catalogue(tag)
    there = {(message.context or "", _first(message.id)): message for message in catalogue if message.id}
    for key in sorted(there.keys() - said.keys()):
        yield f"{tag}: obsolete: {key}"
    for key in sorted(said.keys() - there.keys()):
        yield f"{tag}: missing: {key}"
    if tag == DEFAULT:
        return
    for key in sorted(said.keys() & there.keys()):
        message = there[key]
        forms = _forms(message.string)
        if not all(forms) or message.fuzzy or (said[key].plural and len(forms) != catalogue.num_plurals):
            yield f"{tag}: not translated: {key}"
            continue
        for form in forms:
            # What is said of one thing may say it without its number.
            meant = [said[key].plural] if said[key].plural else [key[1]]
            if any(_places(form) != _places(text) for text in meant) and not (
                said[key].plural and _places(form) == _places(key[1])
            ):
                yield f"{tag}: other places: {key} / {form}"
            if sorted(_TAGS.findall(form)) != sorted(_TAGS.findall(key[1])):
                yield f"{tag}: other marks: {key} / {form}"


def unwrapped(template: str) -> list[str]:
    """Words of a template that are in none of its messages: in its text, and in the attributes that people read."""
    pieces: list[str] = []
    message, tag_follows = False, False
    for _, kind, value in Environment(extensions=["jinja2.ext.i18n"], autoescape=True).lex(template):
        if kind == "block_begin":
            tag_follows = True
        elif kind == "name" and tag_follows:
            message = value in ("trans", "pluralize") or (message and value != "endtrans")
            tag_follows = False
        elif kind == "variable_begin":
            pieces.append("\0")
        elif kind == "data" and not message:
            pieces.append(value)
    text = "".join(pieces)
    read = [found for attributes in _TAG.findall(text) for found in _READ.findall(attributes)]
    shown = _TAG.sub(" ", _UNREAD.sub(" ", text))
    return [word for part in (shown, *read) for word in _WORD.findall(part) if word not in NAMES]


def _in_files() -> Iterator[Said]:
    for path in sorted(PAGES.glob("templates/**/*.html")):
        yield from _extracted("jinja2.ext.babel_extract", path, _IN_TEMPLATES)
    for folder in PYTHON:
        for path in sorted(folder.rglob("*.py")):
            yield from _extracted("python", path, _IN_PYTHON)
    for path in sorted(PAGES.glob("static/**/*.js")):
        if "lib" not in path.relative_to(PAGES / "static").parts:
            for found in _IN_SCRIPTS.findall(path.read_text(encoding="utf-8")):
                for text in filter(None, found):  # of a plural the script asks for one form or the other
                    yield Said("", json.loads(text), "", script=True)


def _extracted(method: str, path: Path, keywords: Mapping[str, object]) -> Iterator[Said]:
    options = {"trimmed": "true"} if path.suffix == ".html" else {}
    with path.open("rb") as file:
        for _, found, _, context in extract(method, file, keywords, options=options):  # type: ignore[arg-type]
            one, many = (found, "") if isinstance(found, str) else (found[0], found[1])
            yield Said(context or "", one, many, script=False)


def _names_of_codes() -> Iterator[Said]:
    """What code looks up by name: members of enumerations, and the fields of records."""
    for kind in (*vars(codes).values(), *_NAMED):
        if isinstance(kind, type) and issubclass(kind, Enum):
            for code in kind:
                yield Said(kind.__name__, str(name_of(code)), "", script=False)
    for context, kinds in _CONTEXTS.items():
        for code in (code for kind in kinds for code in kind):
            yield Said(context, code.value if isinstance(code, str) else spaced(code.name), "", script=False)
    for context, words in _WORDS.items():
        for word in words:
            yield Said(context, word, "", script=False)
    labels = {str(label_of(kind, member.name)) for kind in BY_NAME.values() for member in kind.members()}
    for label in labels | {str(label) for label in ENTRIES.values()}:
        yield Said("field", label, "", script=False)


def _first(text: object) -> str:
    return _forms(text)[0]


def _forms(text: object) -> tuple[str, ...]:
    return tuple(str(part) for part in text) if isinstance(text, tuple | list) else (str(text),)


def _counts(message: Message) -> bool:
    return isinstance(message.id, tuple | list)


def _places(text: str) -> list[str]:
    return sorted({one or other for one, other in _PLACES.findall(text)})


def main() -> int:
    said = said_in_pages()
    if "--check" in sys.argv:
        found = [problem for tag in LANGUAGES for problem in problems_of(tag, said)]
        print("\n".join(found) or "every message is translated")
        return bool(found)
    for tag in LANGUAGES:
        path = catalogue_path(tag)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(renewed(tag, said))
        waiting = sum(": not translated: " in problem for problem in problems_of(tag, said))
        print(f"{path.relative_to(ROOT)}: {len(said)} messages, {waiting} to be translated")
    return 0


if __name__ == "__main__":
    sys.exit(main())
