"""What a resolver knows of an object: links by type, and the choice of one of them for a request.

Source: *GS1-Conformant Resolver Standard* 1.2, sections 4 and 5; RFC 9264, section 4.2 (the JSON form).
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

MEDIA_TYPE = "application/linkset+json"
CONTEXT = "https://ref.gs1.org/standards/resolver/linkset-context"
"""Where the JSON-LD context of a linkset lies."""
VOCABULARY = "https://ref.gs1.org/voc/"
DEFAULT, PIP, VERIFICATION, TRACEABILITY = "defaultLink", "pip", "verificationService", "traceability"
REGISTRY, EPCIS = "registryEntry", "epcis"
WHOLE = frozenset({"linkset", "all"})
"""As `linkType`: all links, as a linkset; `all` by the name of older editions."""
_TYPE = re.compile(r"(?:gs1:|https?://(?:ref\.|www\.)?gs1\.org/voc/)(?P<name>[A-Za-z]+)")
_WEIGHT = re.compile(r"\s*;\s*q\s*=\s*(?P<q>[01](?:\.[0-9]{0,3})?)\s*$")


@dataclass(frozen=True, slots=True)
class Link:
    """`kind`: its type, a name of the GS1 Web Vocabulary; `media_type` and `language`: of what it leads to, if it is
    in one. `forwards`: whether what it leads to takes the parameters of a request that is none of its own."""

    kind: str
    href: str
    title: str
    media_type: str = ""
    language: str = ""
    forwards: bool = True

    def to_json(self) -> dict[str, Any]:
        result: dict[str, Any] = {"href": self.href, "title": self.title}
        if self.media_type:
            result["type"] = self.media_type
        return result | ({"hreflang": [self.language]} if self.language else {})


@dataclass(frozen=True, slots=True)
class Level:
    """The links of one granularity, `anchor` being the Digital Link that they are about."""

    anchor: str
    description: str
    links: tuple[Link, ...]

    def to_json(self) -> dict[str, Any]:
        result: dict[str, Any] = {"anchor": self.anchor, "itemDescription": self.description}
        for link in self.links:
            result.setdefault(VOCABULARY + link.kind, []).append(link.to_json())
        return result


def linkset(levels: Iterable[Level]) -> dict[str, Any]:
    """The JSON form; the finest granularity first."""
    return {"linkset": [level.to_json() for level in levels]}


def type_named(text: str) -> str:
    """The name of a link type written as a CURIE (`gs1:pip`) or as a URL of the vocabulary; empty for others."""
    match = _TYPE.fullmatch(text)
    return match["name"] if match else ""


def of_type(levels: Sequence[Level], kind: str) -> tuple[Link, ...]:
    """The links of a type at the finest granularity that has any."""
    for level in levels:
        found = tuple(link for link in level.links if link.kind == kind)
        if found:
            return found
    return ()


def wants_linkset(accept: str) -> bool:
    """Whether an `Accept` names linksets, and no other form before them (RFC 9110, section 12.5.1)."""
    forms = _preferences(accept)
    return 0 < forms.get(MEDIA_TYPE, 0) == max(forms.values())


def best(links: Sequence[Link], languages: str, media_types: str) -> tuple[Link, ...]:
    """Those that fit a request best, by its `Accept-Language` and `Accept`: several where nothing tells them apart.

    What is in no language or form that was asked for may be taken where nothing else is there.
    """
    wanted, forms = _preferences(languages), _preferences(media_types)
    ranked = [(_language_rank(link, wanted), _form_rank(link, forms)) for link in links]
    top = max(ranked, default=(0, 0))
    return tuple(link for link, rank in zip(links, ranked, strict=True) if rank == top)


def _preferences(header: str) -> dict[str, int]:
    """By name in lower case, the weight in thousandths."""
    return dict(_weighed(part) for part in header.lower().split(",") if part.strip())


def _weighed(part: str) -> tuple[str, int]:
    match = _WEIGHT.search(part)
    name = (part[: match.start()] if match else part).strip()
    whole, _, decimals = (match["q"] if match else "1").partition(".")
    return name, min(1000, int(whole) * 1000 + int(decimals.ljust(3, "0")))


def _language_rank(link: Link, wanted: dict[str, int]) -> int:
    """RFC 4647, section 3.4: a range is shortened until it fits. A link in no language suits everybody a little."""
    if not link.language:
        return 1
    tag = link.language.lower()
    fits = [weight * 4 for one, weight in wanted.items() if one == tag]
    fits += [weight * 4 - 1 for one, weight in wanted.items() if one.split("-")[0] == tag.split("-")[0] and weight]
    return max(fits, default=0)


def _form_rank(link: Link, forms: dict[str, int]) -> int:
    if not forms or not link.media_type:
        return 1
    names = (link.media_type, link.media_type.split("/")[0] + "/*", "*/*")
    return next((forms[name] for name in names if name in forms), 0)


def walk_up(path: str) -> Iterator[str]:
    """The path of a Digital Link from its key on, and those of less granularity, down to the key alone."""
    pairs = path.split("/")
    for end in range(len(pairs), 0, -2):
        yield "/".join(pairs[:end])
