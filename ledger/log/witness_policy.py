"""The witnesses that a log asks, as a C2SP tlog-policy names them: k of n, each with the address of its service.

Of that format the part that says k of n is read: witnesses, one group of them, and the quorum. Groups of groups are
refused, since the trust file holds a threshold and keys. A log's own lines (`log …`) are passed over.

Source: C2SP tlog-policy, "Policy file syntax and structure".
"""

import re
from dataclasses import dataclass

from ledger.errors import MalformedRecord
from ledger.log.cosignature import WitnessKey, WitnessPolicy, parse_witness_key

MAX_POLICY = 65_536
_URL = re.compile(r"https?://[^/?#@\s]+(?:/[^?#\s]*)?")


@dataclass(frozen=True, slots=True)
class AskedWitnesses:
    """The policy of a log, and where each witness of it is asked: its submission prefix, in the policy's order."""

    policy: WitnessPolicy
    urls: tuple[str, ...]

    def to_text(self, comment: str = "") -> str:
        """As `parse_policy` reads it."""
        witnesses = zip(self.policy.keys, self.urls, strict=True)
        lines = [f"# {comment}"] if comment else []
        lines += [f"witness {key.name} {key.verifier_key()} {url}" for key, url in witnesses]
        lines.append(f"group quorum {self.policy.threshold} {' '.join(key.name for key in self.policy.keys)}")
        return "\n".join([*lines, "quorum quorum", ""])


def parse_policy(data: bytes) -> AskedWitnesses | None:
    """The witnesses to ask; None for `quorum none`. Raises `MalformedRecord`."""
    if len(data) > MAX_POLICY:
        raise _malformed("too long", f"at most {MAX_POLICY} bytes", len(data))
    witnesses: dict[str, tuple[WitnessKey, str]] = {}
    groups: dict[str, tuple[int, list[str]]] = {}
    quorum: tuple[int, list[str]] | None = None
    ended = False
    for number, line in enumerate(data.decode("utf-8", "replace").split("\n"), 1):
        words = re.split("[ \t]+", line.strip(" \t"))
        if not words[0] or words[0].startswith("#"):
            continue
        match words:
            case ["log", _, *rest] if len(rest) <= 1:
                pass
            case ["witness", name, vkey, url] if name not in witnesses and name not in groups and name != "none":
                witnesses[name] = (parse_witness_key(vkey), _url(url, number))
            case ["group", name, count, *members] if name not in witnesses and name not in groups and name != "none":
                groups[name] = (_count(count, len(members), number), members)
                if len(set(members)) != len(members) or not set(members) <= set(witnesses):
                    raise _malformed("not a group of witnesses", "names defined above, each once", line, number)
            case ["quorum", name] if not ended and name in {*witnesses, *groups, "none"}:
                quorum = None if name == "none" else groups.get(name, (1, [name]))
                ended = True
            case _:
                raise _malformed("not understood", "log, witness NAME VKEY URL, group or quorum", line, number)
    if not ended:
        raise _malformed("no quorum", "one quorum line", "none")
    if quorum is None:
        return None
    threshold, names = quorum
    chosen = [witnesses[name] for name in names]
    return AskedWitnesses(WitnessPolicy(threshold, tuple(key for key, _ in chosen)), tuple(url for _, url in chosen))


def _count(text: str, members: int, number: int) -> int:
    count = {"any": 1, "all": members}.get(text, int(text) if re.fullmatch("[1-9][0-9]?", text) else 0)
    if not 1 <= count <= members:
        raise _malformed("no such threshold", f"any, all, or 1 to {members}", text, number)
    return count


def _url(text: str, number: int) -> str:
    if not _URL.fullmatch(text):
        raise _malformed("not the address of a witness", "http(s)://host/prefix", text, number)
    return text.rstrip("/")


def _malformed(what: str, expected: object, found: object, line: int | None = None) -> MalformedRecord:
    where = "witness policy" if line is None else f"witness policy, line {line}"
    return MalformedRecord(what, where=where, expected=expected, found=str(found)[:120])
