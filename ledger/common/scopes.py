"""Scopes of keys (which types one may sign) and of roles, as people write them and as the registry stores them.

A key's scopes are bits, bit n - 1 for type n. A role's scope has 32 bytes: jurisdiction and GS1 company prefix are
ASCII, left-aligned and zero-padded; a schema is the SHA-256 of its name.
"""

import hashlib
from collections.abc import Iterable, Mapping

from ledger.codes import Role
from ledger.common.ids import to_hex
from ledger.errors import MalformedRecord

ALL_SCOPES = 2**32 - 1
"""Of master keys."""
NO_SCOPE = bytes(32)
SCOPED: Mapping[Role, str] = {
    Role.CUSTOMS: "jurisdiction, two capital letters",
    Role.ISSUER: "schema name",
    Role.BRAND: "GS1 company prefix, 4 to 12 digits",
}
_LONGEST_NAME = 128


def key_scopes(type_numbers: Iterable[int]) -> int:
    """The scopes that let a key sign these types."""
    return sum(1 << (number - 1) for number in type_numbers)


def key_covers(scopes: int, type_number: int) -> bool:
    """Whether a key with these scopes may sign this type."""
    return type_number > 0 and bool(scopes >> (type_number - 1) & 1)


def schema_hash(name: str) -> bytes:
    """What stands for a schema in attestations and in the scope of its issuers: the SHA-256 of its name."""
    return hashlib.sha256(name.encode()).digest()


def scope_bytes(role: Role, scope: str) -> bytes:
    """`scope` as the registry stores it. Raises `MalformedRecord` when the role takes none, or another kind of it."""
    if role not in SCOPED:
        if scope:
            raise MalformedRecord("this role takes no scope", where="scope", expected="empty", found=scope[:80])
        return NO_SCOPE
    if role is Role.ISSUER:
        fits, value = 0 < len(scope) <= _LONGEST_NAME, schema_hash(scope)
    else:
        value = ascii_scope(scope.encode())
        fits = "\0" not in scope and scope_fits(role, value)
    if not fits:
        raise MalformedRecord("not a scope of this role", where="scope", expected=SCOPED[role], found=scope[:80])
    return value


def ascii_scope(text: bytes) -> bytes:
    """Bytes left-aligned in 32, such as those of a clearance's jurisdiction."""
    return text.ljust(32, b"\0")


def scope_fits(role: Role, scope: bytes) -> bool:
    """Whether the registry takes `scope` for this role."""
    text = scope.rstrip(b"\0")
    match role:
        case Role.CUSTOMS:
            return len(text) == 2 and all(0x41 <= c <= 0x5A for c in text)
        case Role.BRAND:
            return 4 <= len(text) <= 12 and all(0x30 <= c <= 0x39 for c in text)
        case Role.ISSUER:
            return scope != NO_SCOPE
        case _:
            return scope == NO_SCOPE


def scope_text(role: int, scope: bytes) -> str:
    """A role's scope as people write it; a schema is only known by its hash."""
    if not any(scope):
        return ""
    return to_hex(scope) if role == Role.ISSUER else scope.rstrip(b"\0").decode("ascii", "replace")
