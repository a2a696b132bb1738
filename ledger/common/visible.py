"""Text that others chose, as it may stand among our own words before somebody signs.

Characters that show nothing and act on what stands around them (control characters, of terminals too, line ends, marks
of direction, blanks of no width) are named by their code points. Text of a script that is written from right to left
is set apart, so that the numbers and words after it stay in their order (Unicode Standard Annex 9, isolates).
"""

import re
import unicodedata

_ACTING = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_FROM_THE_RIGHT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]")
_APART, _END = "\u2068", "\u2069"


def visible(text: str) -> str:
    """`text` itself where there is nothing to be seen to."""
    shown = text
    if not text.isprintable():
        shown = "".join(f"⟨U+{ord(c):04X}⟩" if unicodedata.category(c) in _ACTING else c for c in text)
    return f"{_APART}{shown}{_END}" if _FROM_THE_RIGHT.search(shown) else shown
