"""Amounts, times, shares and points as people write them: the one formatter of each."""

from datetime import UTC, datetime

from ledger.common.periods import DAY, HOUR

_WHOLE = frozenset(
    ["BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"]
)
_THOUSANDTHS = frozenset(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"])
"""Currencies whose minor unit is not a hundredth (ISO 4217)."""
_POINT = 1_000_000


def digits_of(currency: str) -> int:
    """How many decimals the currency's minor unit has (ISO 4217); 2 where it is not known."""
    return 0 if currency in _WHOLE else 3 if currency in _THOUSANDTHS else 2


def money(amount: int | str, currency: str) -> str:
    """Minor units as people write them: 12345 EUR is `123.45 EUR`."""
    number = int(amount)
    if not currency:
        return f"{number:,} (minor units)"
    digits = digits_of(currency)
    whole, rest = divmod(abs(number), 10**digits)
    sign = "-" if number < 0 else ""
    return f"{sign}{whole:,}{f'.{rest:0{digits}}' if digits else ''} {currency}"


def moment(seconds: int) -> str:
    """UTC, to the second; times beyond the year 9999 as their number."""
    if seconds >= 253_402_300_800:
        return f"second {seconds}"
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def duration(seconds: int) -> str:
    """Such as `3 d 04:05:06`."""
    days, rest = divmod(seconds, DAY)
    clock = f"{rest // HOUR:02}:{rest % HOUR // 60:02}:{rest % 60:02}"
    return f"{days} d {clock}" if days else clock


def points(hundredths: int) -> str:
    return f"{hundredths // 100}.{hundredths % 100:02}"


def percent(ppm: int) -> str:
    """Parts per million as per cent with up to two decimals, rounded down."""
    whole, rest = divmod(ppm // 100, 100)
    return f"{whole}.{rest:02} %" if rest else f"{whole} %"


def exact_percent(ppm: int) -> str:
    """Parts per million as per cent with up to four decimals: nothing is rounded."""
    whole, rest = divmod(ppm, 10_000)
    return f"{whole}.{rest:04}".rstrip("0").removesuffix(".") + " %"


def micropoints(micropoints: int) -> str:
    """Points with as many decimals as it takes to show that it is not nothing."""
    whole, rest = divmod(abs(micropoints), _POINT)
    decimals = f"{rest:06}"
    shown = decimals[:2] if whole or rest >= _POINT // 100 else decimals
    return f"{whole}.{shown} points"
