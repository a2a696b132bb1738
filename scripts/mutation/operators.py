"""What a fault can be: the places of a Solidity file that may be changed, and into what.

Text is cut into tokens, so that comments, strings, type names and declarations stay as they are; only bodies of
functions and values of constants are changed. A mutant need not compile: whoever runs it finds out.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

_TOKEN = re.compile(
    r"(?P<skip>\s+|//[^\n]*|/\*.*?\*/)"
    r'|(?P<string>(?:hex)?"(?:[^"\\\n]|\\.)*")'
    r"|(?P<number>0x[0-9a-fA-F]+|[0-9][0-9_]*)"
    r"|(?P<name>[A-Za-z_$][A-Za-z0-9_$]*)"
    r"|(?P<sign>>>=|<<=|\*\*|\+\+|--|=>|->|:=|&&|\|\||[<>=!+\-*/%&|^]=|<<|>>|[-+*/%&|^~!<>=?:;,.(){}\[\]])",
    re.DOTALL,
)

SIGNS: Mapping[str, tuple[str, ...]] = {
    "<": ("<=", ">"), ">": (">=", "<"), "<=": ("<",), ">=": (">",), "==": ("!=",), "!=": ("==",),
    "&&": ("||",), "||": ("&&",),
    "+": ("-",), "-": ("+",), "*": ("+",), "/": ("*",), "%": ("*",), "++": ("--",), "--": ("++",),
    "+=": ("-=",), "-=": ("+=",), "<<": (">>",), ">>": ("<<",), ">>=": ("<<=",),
    "&": ("|",), "|": ("&",), "^": ("&",), "|=": ("&=",), "&=": ("|=",),
    "!": ("",), "~": ("",),
}  # fmt: skip
WORDS: Mapping[str, tuple[str, ...]] = {"true": ("false",), "false": ("true",)}
ASSEMBLY_WORDS: Mapping[str, tuple[str, ...]] = {
    "lt": ("gt",), "gt": ("lt",), "and": ("or",), "or": ("and",), "add": ("sub",), "sub": ("add",),
    "shl": ("shr",), "shr": ("shl",), "iszero": ("",),
}  # fmt: skip
# A larger literal is a mask or an identifier: one more or less is no fault that anybody makes.
_LARGEST_NUMBER = 1 << 32


@dataclass(frozen=True, slots=True)
class Token:
    kind: str
    text: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)


@dataclass(frozen=True, slots=True)
class Mutant:
    """One fault: in `file` (below contracts/), the characters from `start` to `end` become `after`."""

    file: str
    start: int
    end: int
    line: int
    operator: str
    before: str
    after: str

    @property
    def id(self) -> str:
        return f"{self.file}:{self.start}-{self.end}:{self.operator}:{self.after}"

    def apply(self, source: str) -> str:
        """The file with the fault in it. Raises `ValueError` when the file is not the one it was made for."""
        if source[self.start : self.end] != self.before:
            raise ValueError(
                f"{self.file}:{self.line}: expected {self.before!r}; the file has changed: make mutants anew"
            )
        return source[: self.start] + self.after + source[self.end :]


def tokens_of(source: str) -> list[Token]:
    """Tokens without white space and comments. Raises `ValueError` at a character that Solidity does not know."""
    tokens = []
    position = 0
    while position < len(source):
        match = _TOKEN.match(source, position)
        if match is None:
            raise ValueError(f"character {position}: {source[position : position + 20]!r} is no Solidity")
        kind = match.lastgroup or ""
        if kind != "skip":
            tokens.append(Token(kind, match.group(), position))
        position = match.end()
    return tokens


def code_members(codes: str) -> dict[str, list[str]]:
    """Library to its codes in order, as Codes.sol lists them; `LAST`, `ALL` and byte strings are none."""
    members: dict[str, list[str]] = {}
    for library, body in re.findall(r"library (\w+) \{(.*?)\n\}", codes, re.DOTALL):
        names = re.findall(r"uint8 internal constant (\w+) =", body)
        members[library] = [name for name in names if name not in ("LAST", "ALL")]
    return members


def mutants_of(file: str, source: str, codes: Mapping[str, list[str]]) -> list[Mutant]:
    """Every mutant of a file, in the order of its text."""
    tokens = tokens_of(source)
    found: list[Mutant] = []

    def add(operator: str, start: int, end: int, after: str) -> None:
        line = source.count("\n", 0, start) + 1
        found.append(Mutant(file, start, end, line, operator, source[start:end], after))

    for first, last in _regions(tokens):
        region = tokens[first:last]
        assembly = _assembly(region)
        for index, token in enumerate(region):
            in_assembly = index in assembly
            for operator, after in _replacements(token, in_assembly=in_assembly):
                add(operator, token.start, token.end, after)
            if member := _other_code(region, index, codes):
                add("code", token.start, token.end, member)
        for operator, start, end, after in _shapes(source, region, assembly):
            add(operator, start, end, after)
    return sorted(found, key=lambda mutant: (mutant.start, mutant.end, mutant.operator, mutant.after))


def _regions(tokens: list[Token]) -> Iterator[tuple[int, int]]:
    """Bodies of functions, constructors and modifiers, and values of constants, as ranges of tokens."""
    index = 0
    while index < len(tokens):
        text = tokens[index].text
        if text in ("function", "constructor", "modifier"):
            while tokens[index].text not in ("{", ";"):
                index += 1
            if tokens[index].text == "{":
                end = _closing(tokens, index)
                yield index + 1, end
                index = end
        elif text == "constant":
            while tokens[index].text != "=":
                index += 1
            first = index + 1
            while tokens[index].text != ";":
                index += 1
            yield first, index
        index += 1


def _closing(tokens: list[Token], opening: int) -> int:
    """Where the bracket that opens there closes."""
    pairs = {"{": "}", "(": ")", "[": "]"}
    opens, closes = tokens[opening].text, pairs[tokens[opening].text]
    depth = 0
    for index in range(opening, len(tokens)):
        depth += (tokens[index].text == opens) - (tokens[index].text == closes)
        if depth == 0:
            return index
    raise ValueError(f"character {tokens[opening].start}: {opens} is never closed")


def _assembly(region: list[Token]) -> set[int]:
    inside: set[int] = set()
    for index, token in enumerate(region):
        if token.text == "assembly":
            opening = next(i for i in range(index, len(region)) if region[i].text == "{")
            inside.update(range(opening, _closing(region, opening)))
    return inside


def _replacements(token: Token, *, in_assembly: bool) -> Iterator[tuple[str, str]]:
    if token.kind == "sign" and not in_assembly:
        yield from (("sign", after) for after in SIGNS.get(token.text, ()))
    elif token.kind == "name":
        words = ASSEMBLY_WORDS if in_assembly else WORDS
        yield from (("word", after) for after in words.get(token.text, ()))
    elif token.kind == "number":
        value = int(token.text.replace("_", ""), 0)
        if value < _LARGEST_NUMBER:
            yield "number", str(value + 1)
            if value:
                yield "number", str(value - 1)


def _other_code(region: list[Token], index: int, codes: Mapping[str, list[str]]) -> str | None:
    """The code after this one in its library, where the token is a code."""
    if index < 2 or region[index - 1].text != "." or region[index - 2].text not in codes:
        return None
    members = codes[region[index - 2].text]
    if region[index].text not in members:
        return None
    return members[(members.index(region[index].text) + 1) % len(members)]


def _shapes(source: str, region: list[Token], assembly: set[int]) -> Iterator[tuple[str, int, int, str]]:
    """Statements left out, conditions decided, arguments (not those of instructions) and branches swapped."""
    for first, last in _statements(region):
        yield "statement", region[first].start, region[last].end, ""
    for index, token in enumerate(region):
        if token.text == "if" and region[index + 1].text == "(":
            closing = _closing(region, index + 1)
            # A guard without its condition stops everything, and one that never stops is the statement left out.
            if region[closing + 1].text != "revert":
                for value in ("true", "false"):
                    yield "condition", region[index + 2].start, region[closing - 1].end, value
        elif token.text == "?":
            yield from _branches(source, region, index)
        elif token.text == "(" and _calls(region, index) and index not in assembly:
            for (a, b), (c, d) in pairwise(_arguments(region, index)):
                after = source[region[c].start : region[d].end]
                after += source[region[b].end : region[c].start] + source[region[a].start : region[b].end]
                yield "arguments", region[a].start, region[d].end, after


def _calls(region: list[Token], opening: int) -> bool:
    before = region[opening - 1] if opening else None
    return before is not None and before.kind == "name" and before.text not in _NO_CALL


_NO_CALL = {"if", "for", "while", "return", "returns", "revert", "assembly", "catch"}
_NO_STATEMENT = {"for", "while", "else", "unchecked", "assembly", "let", "case", "default", "switch"}


def _statements(region: list[Token]) -> Iterator[tuple[int, int]]:
    """Simple statements that may be left out: first and last token. Declarations stay, what follows needs them."""
    start = 0
    index = 0
    while index < len(region):
        text = region[index].text
        if text == "(":
            index = _closing(region, index)
        elif text in ("{", "}"):
            # The braces of named arguments follow a parenthesis and are passed over with it.
            start = index + 1
        elif text == ";":
            if index > start and _may_go(region[start : index + 1]):
                yield start, index
            start = index + 1
        index += 1


def _may_go(statement: list[Token]) -> bool:
    if statement[0].text in _NO_STATEMENT:
        return False
    declares = len(statement) > 2 and statement[0].kind == statement[1].kind == "name"
    return not declares or statement[0].text in ("return", "revert", "emit", "delete")


def _branches(source: str, region: list[Token], mark: int) -> Iterator[tuple[str, int, int, str]]:
    """`? b : c` as `? c : b`, where neither holds another choice."""
    depth = 0
    colon = None
    for index in range(mark + 1, len(region)):
        text = region[index].text
        if text == "?":
            return
        if depth == 0 and text == ":":
            colon = index
        elif depth == 0 and text in (";", ",", ")", "]", "}"):
            if colon is not None:
                b = source[region[mark + 1].start : region[colon - 1].end]
                c = source[region[colon + 1].start : region[index - 1].end]
                yield "branches", region[mark + 1].start, region[index - 1].end, f"{c} : {b}"
            return
        depth += (text in "([{") - (text in ")]}")


def _arguments(region: list[Token], opening: int) -> list[tuple[int, int]]:
    """The arguments of a call as ranges of tokens, ends included."""
    closing = _closing(region, opening)
    parts = []
    depth, first = 0, opening + 1
    for index in range(opening + 1, closing + 1):
        text = region[index].text
        if (text == "," and depth == 0) or index == closing:
            if index > first:
                parts.append((first, index - 1))
            first = index + 1
        depth += (text in "([{") - (text in ")]}")
    return parts
