"""Where partners stand at the council's gates, made and made again."""

from dataclasses import dataclass
from typing import Any

from ledger.common.scopes import ALL_SCOPES
from ledger.errors import MalformedRecord, NotPermitted
from ledger.explain.access.standing import stated
from ledger.services.answers.asked import asked_of
from ledger.services.answers.kinds.question import Question
from ledger.services.figures.access import Access, Standing
from ledger.services.views.records import Reader


@dataclass(frozen=True, slots=True)
class StandingsAsked:
    """`partner` None: everybody whom the reader may know of. `after`: `next` of the page before; `limit` None: all."""

    partner: int | None = None
    after: str | None = None
    limit: int | None = None


def standings(question: Question) -> dict[str, Any]:
    asked, _ = asked_of(StandingsAsked, question.asked)
    every = standings_for(question.ledger.access, question.reader, asked.partner)
    place = None if asked.after is None else place_of(asked.after)
    behind = [one for one in every if place is None or (one.partner, one.gate.name) > place]
    shown = behind[: asked.limit]
    following = shown[-1] if len(behind) > len(shown) else None
    return {
        "standings": [stated(one) for one in shown],
        "next": following and f"{following.partner}/{following.gate.name}",
    }


def standings_for(access: Access, reader: Reader | None, partner: int | None = None) -> list[Standing]:
    """What the reader may know (None: whoever runs the home), in order of partner and gate; raises `NotPermitted` for
    who may know of nobody.
    """
    wanted = partner
    if reader is not None:
        own = reader.partner
        if not (own or reader.auditor) or not sees(reader, own):
            raise refused()
        wanted = partner if reader.auditor else own
    found = access.standings(wanted)
    return sorted(found, key=lambda one: (one.partner, one.gate.name))


def sees(reader: Reader, partner: int) -> bool:
    """Whether the reader may know where a partner stands: the partner itself, and auditors, with a whole key."""
    return reader.scopes == ALL_SCOPES and (reader.auditor or (reader.partner == partner and partner > 0))


def refused() -> NotPermitted:
    return NotPermitted(
        "where a partner stands is told to itself and to auditors",
        where="reader",
        mend="Sign in with a key of the partner, or of an auditor.",
    )


def place_of(after: str) -> tuple[int, str]:
    """Partner and gate after which a page begins; raises `MalformedRecord` for what is no cursor."""
    partner, slash, gate = after.partition("/")
    if not slash or not partner.isascii() or not partner.isdigit() or len(partner) > 13:
        raise MalformedRecord("not a cursor", where="after", expected="`next` of the page before", found=after)
    return int(partner), gate
