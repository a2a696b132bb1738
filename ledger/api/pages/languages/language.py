"""The languages of the pages: messages from the catalogues; numbers, amounts and times as each language writes them.

English is the language of the messages themselves. The catalogues are read as they are written (`.po`): that takes
30 to 45 ms of CPU for each language, once, so there is nothing to compile before.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal, localcontext
from functools import cache
from gettext import GNUTranslations, NullTranslations
from importlib import resources
from io import BytesIO

from babel import Locale
from babel.dates import format_date, format_time
from babel.lists import format_list
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import NumberPattern, format_decimal, parse_pattern
from babel.units import format_unit
from markupsafe import Markup, escape

from ledger.common.periods import DAY, HOUR, MINUTE
from ledger.explain.text import Form, Text
from ledger.explain.units import LAST_SECOND, digits_of

LANGUAGES = {"zh-CN": "简体中文", "en": "English", "es": "Español", "fr": "Français", "de": "Deutsch"}
"""Tags of the languages, each with its own name for itself."""
DEFAULT = "en"
SCRIPT = "script"
"""The remark in a catalogue on what the pages' scripts say."""
_DIGITS = 100
"""Amounts have up to 128 bits, sums of them some more; decimals of Python have 28 digits if nobody says otherwise."""
_LOCALES = {"en": "en_GB", "zh-CN": "zh_CN"}  # English as the world writes it: days before months, 24 hours
_UNITS = ((DAY, "day"), (HOUR, "hour"), (MINUTE, "minute"), (1, "second"))
Naming = Callable[[Text], Markup | str]
"""What a page calls a partner, given the words for it."""


class Language:
    """How one language says messages and writes values. `tag`: one of `LANGUAGES`."""

    def __init__(self, tag: str) -> None:
        self.tag = tag
        self.locale = Locale.parse(_LOCALES.get(tag, tag))
        catalogue = _catalogue(tag)
        self._messages = NullTranslations() if tag == DEFAULT else _translations(catalogue)
        self._scripts = {} if tag == DEFAULT else _for_scripts(catalogue)

    def gettext(self, message: str, context: str = "") -> str:
        """`message` in this language; as it is where the catalogue lacks it."""
        return self._messages.pgettext(context, message) if context else self._messages.gettext(message)

    def ngettext(self, one: str, many: str, count: int) -> str:
        """The form of the message for so many."""
        return self._messages.ngettext(one, many, count)

    def for_scripts(self) -> bytes:
        """What the pages' scripts say, as JSON: from the English message to this language's."""
        return json.dumps(self._scripts, ensure_ascii=False, sort_keys=True).encode()

    def shown(self, value: object, partner: Naming | None = None) -> Markup:
        """Any value for a page, escaped: texts in this language, whole numbers with its separators. `partner`: what
        partners are called; else they have their numbers."""
        if not isinstance(value, Text):
            return escape(self.number(value) if type(value) is int else value)
        match value.form:
            case Form.MESSAGE:
                count = value.values.get("count")
                if value.plural and isinstance(count, int):
                    message = self.ngettext(value.message, value.plural, count)
                else:
                    message = self.gettext(value.message, value.context)
                said = {name: self.shown(one, partner) for name, one in value.values.items()}
                return escape(message).format_map(said)
            case Form.MOMENT:
                return self.moment(int(str(value.parts[0])))
            case Form.PARTNER:
                if partner is not None:
                    return escape(partner(value))
                return escape(self.gettext("partner {number}").format(number=value.parts[0]))
            case Form.LIST:
                shown = [self.shown(part, partner) for part in value.parts]
                return Markup(format_list(shown, locale=self.locale) if len(shown) > 1 else "".join(shown))  # noqa: S704 each was escaped
            case Form.SEVERAL:
                between = "、" if self.tag == "zh-CN" else ", "
                return escape(between).join(self.shown(part, partner) for part in value.parts)
            case Form.SENTENCES:
                between = "" if self.tag == "zh-CN" else " "
                return escape(between).join(self.shown(part, partner) for part in value.parts)
            case _:
                return escape(value if self.tag == DEFAULT else self._written(value))

    def capital(self, value: object) -> Markup:
        """The same with its first letter large."""
        shown = self.shown(value)
        return shown[:1].upper() + shown[1:]

    def number(self, value: int) -> str:
        with localcontext(prec=_DIGITS):
            return str(format_decimal(value, locale=self.locale))

    def moment(self, seconds: int | None) -> Markup:
        """A time in UTC, to the minute for the eye and to the second underneath; a script tells it in local time."""
        if seconds is None:
            return Markup("–")
        if seconds > LAST_SECOND:
            return escape(self.gettext("without limit"))
        at = datetime.fromtimestamp(seconds, UTC)
        day, time = format_date(at, "medium", locale=self.locale), format_time(at, "short", locale=self.locale)
        return Markup('<time datetime="{}" title="{}">{}</time>').format(
            at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            at.strftime("%Y-%m-%d %H:%M:%S UTC"),
            f"{day}, {time} UTC" if self.tag != "zh-CN" else f"{day} {time} UTC",
        )

    def _written(self, value: Text) -> str:
        match value.form, value.parts:
            case Form.NUMBER, (int(number),):
                return self.number(number)
            case Form.MONEY, (int(amount), str(currency)):
                digits = digits_of(currency)
                return self._money(_scaled(amount, digits), digits, currency)
            case Form.ROUNDED_MONEY, (int(amount), str(currency)):
                return self._money(Decimal(amount), 0, currency) if currency else self.number(amount)
            case Form.DAY, (int(seconds),):
                return format_date(datetime.fromtimestamp(seconds, UTC), "long", locale=self.locale)
            case Form.SPAN, (int(seconds),):
                return self._span(seconds)
            case Form.DAYS, (int(tenths),):
                return format_unit(Decimal(tenths).scaleb(-1), "duration-day", "long", locale=self.locale)
            case Form.PERCENT, (str(number), int()):
                whole = self.locale.percent_formats[None].pattern
                pattern = parse_pattern(whole.replace("0", "0" + _decimals(number)))
                return str(pattern.apply(Decimal(number).scaleb(-2), self.locale))
            case Form.POINTS, (str(number), int()):
                return str(_pattern("#,##0" + _decimals(number)).apply(Decimal(number), self.locale))
            case _:
                return str(value)

    def _money(self, amount: Decimal, digits: int, currency: str) -> str:
        """With the currency's code behind it, as invoices have it."""
        places = "." + "0" * digits if digits else ""
        with localcontext(prec=_DIGITS):
            return f"{_pattern('#,##0' + places).apply(amount, self.locale)} {currency}"

    def _span(self, seconds: int) -> str:
        said, rest = [], seconds
        for size, unit in _UNITS:
            count, rest = divmod(rest, size)
            if count:
                said.append(format_unit(count, f"duration-{unit}", "long", locale=self.locale))
        return (" " if self.tag != "zh-CN" else "").join(said[:2])


@cache
def language_of(tag: str) -> Language:
    """The language with this tag, read once."""
    return Language(tag)


def _catalogue(tag: str) -> Catalog:
    path = resources.files("ledger.api.pages") / "locale" / tag.replace("-", "_") / "LC_MESSAGES" / "lading.po"
    with path.open("rb") as file:
        return read_po(file)


def _translations(catalogue: Catalog) -> GNUTranslations:
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return GNUTranslations(compiled)


def _for_scripts(catalogue: Catalog) -> dict[str, str]:
    return {
        str(message.id): str(message.string)
        for message in catalogue
        if message.id and message.string and SCRIPT in message.auto_comments
    }


def _scaled(amount: int, digits: int) -> Decimal:
    """Minor units as units, exactly: `scaleb` would round to the context's digits."""
    return Decimal((int(amount < 0), tuple(map(int, str(abs(amount)))), -digits))


@cache
def _pattern(text: str) -> NumberPattern:
    return parse_pattern(text)


def _decimals(number: str) -> str:
    """The decimals of a pattern that shows a decimal number as it is."""
    _, dot, decimals = number.partition(".")
    return dot + "0" * len(decimals)
