"""Amounts, times, durations, shares and points as people write them: the one formatter of each. Rounded down, but for
the report's tenths."""

from datetime import UTC, datetime

from ledger.common.periods import DAY, FOREVER, HOUR
from ledger.explain.text import Form, Text, say
from ledger.explain.words import counted

LAST_SECOND = 253_402_300_799
"""The last second of the year 9999: no calendar shows later ones."""
UNKNOWN = "–"

_WHOLE = frozenset(
    ["BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"]
)
_THOUSANDTHS = frozenset(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"])
"""Currencies whose minor unit is not a hundredth (ISO 4217)."""
_POINT = 1_000_000


def digits_of(currency: str) -> int:
    """How many decimals the currency's minor unit has (ISO 4217); 2 where it is not known."""
    return 0 if currency in _WHOLE else 3 if currency in _THOUSANDTHS else 2


def money(amount: int | str, currency: str) -> Text:
    """Minor units as people write them: 12345 EUR is `123.45 EUR`."""
    number = int(amount)
    if not currency:
        return say("{amount} (minor units)", amount=number)
    digits = digits_of(currency)
    whole, rest = divmod(abs(number), 10**digits)
    sign = "-" if number < 0 else ""
    english = f"{sign}{whole:,}{f'.{rest:0{digits}}' if digits else ''} {currency}"
    return Text.of_value(Form.MONEY, english, number, currency)


def rounded_money(amount: int, currency: str = "") -> Text:
    """Whole units of the currency, rounded down; with its name, millions from ten million on: for people, beside the
    exact tables."""
    whole = amount // 10 ** digits_of(currency)
    if currency and whole >= 10**7:
        english = f"{whole // 10**6:,}.{whole // 10**5 % 10} million {currency}"
    else:
        english = f"{whole:,} {currency}".strip()
    return Text.of_value(Form.ROUNDED_MONEY, english, whole, currency)


def moment(seconds: int) -> Text:
    """UTC, to the second; times beyond the year 9999 as their number."""
    if seconds > LAST_SECOND:
        return say("second {seconds}", seconds=str(seconds))
    english = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    return Text.of_value(Form.MOMENT, english, seconds)


def duration(seconds: int) -> Text:
    """Such as `3 d 04:05:06`."""
    days, rest = divmod(seconds, DAY)
    clock = f"{rest // HOUR:02}:{rest % HOUR // 60:02}:{rest % 60:02}"
    return say("{days} d {clock}", days=days, clock=clock) if days else say(clock)


def span(seconds: int) -> Text:
    """A duration in its two largest units, such as `3 days 4 hours`."""
    if seconds >= FOREVER:
        return say("without limit")
    result = []
    rest = seconds
    for size, noun in ((DAY, "day"), (HOUR, "hour"), (60, "minute"), (1, "second")):
        count, rest = divmod(rest, size)
        if count:
            result.append(counted(count, noun))
    return Text.of_value(Form.SPAN, " ".join(result[:2]), seconds) if result else say("none")


def day(seconds: int) -> Text:
    """The day in UTC, such as `1 January 1970`."""
    if seconds >= FOREVER:
        return say("the end")
    english = datetime.fromtimestamp(min(seconds, LAST_SECOND), UTC).strftime("%-d %B %Y")
    return Text.of_value(Form.DAY, english, min(seconds, LAST_SECOND))


def days(seconds: int | None) -> Text:
    """Days to the nearest tenth, such as `8.5 days`; of a difference, with its sign."""
    if seconds is None:
        return say(UNKNOWN)
    tenths = (abs(seconds) * 10 + DAY // 2) // DAY
    whole, rest = divmod(tenths, 10)
    sign = "-" if seconds < 0 and tenths else ""
    english = f"{sign}{whole}{f'.{rest}' if rest else ''} day{'' if tenths == 10 else 's'}"
    return Text.of_value(Form.DAYS, english, -tenths if sign else tenths)


def points(hundredths: int | None) -> Text:
    """Hundredths of a point as points; a dash where there is no score."""
    if hundredths is None:
        return say(UNKNOWN)
    english = f"{hundredths // 100}.{hundredths % 100:02}"
    return Text.of_value(Form.POINTS, english, english, 2)


def percent(ppm: int | None, decimals: int = 2) -> Text:
    """Parts per million as per cent, without decimals that say nothing; with four of them nothing is rounded."""
    if ppm is None:
        return say(UNKNOWN)
    whole, rest = divmod(abs(ppm), _POINT // 100)
    shown = f"{whole}.{rest:04}"[: len(str(whole)) + 1 + decimals].rstrip("0").removesuffix(".")
    number = f"{'-' if ppm < 0 else ''}{shown}"
    return Text.of_value(Form.PERCENT, f"{number} %", number, 0)


def percent_of(part: int, whole: int) -> Text:
    """A part in whole per cent, 100 % at most; of nothing, a dash."""
    return percent(min(_POINT, part * _POINT // whole), 0) if whole else say(UNKNOWN)


def tenths_of_percent(ppm: int | None) -> Text:
    """Parts per million as per cent to the nearest tenth, always shown: for figures that stand one under another."""
    return say(UNKNOWN) if ppm is None else share_of(ppm, _POINT)


def share_of(part: int, whole: int) -> Text:
    """The same of a part in a whole."""
    if not whole:
        return say(UNKNOWN)
    tenths = (2000 * part + whole) // (2 * whole)
    number = f"{tenths // 10}.{tenths % 10}"
    return Text.of_value(Form.PERCENT, f"{number} %", number, 1)


def whole(number: int) -> Text:
    """A whole number with its separators."""
    return Text.of_value(Form.NUMBER, f"{number:,}", number)


def micropoints(micropoints: int) -> Text:
    """Points with as many decimals as it takes to show that it is not nothing."""
    whole, rest = divmod(abs(micropoints), _POINT)
    decimals = f"{rest:06}"
    shown = decimals[:2] if whole or rest >= _POINT // 100 else decimals
    number = f"{whole}.{shown}"
    return say("{number} points", number=Text.of_value(Form.POINTS, number, number, len(shown)))
