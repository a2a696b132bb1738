"""Credentials secured with JOSE: `application/vc+jwt`, signed with ES256K by a key that signs records too.

The issuer is a `did:jwk`, which is the key itself, or a DID of its own choice; then the key stands in the header, and
whether the DID's document names it is for whoever resolves it. A credential's signature is over a SHA-256 digest of
printable text, a record's over a Keccak digest that begins otherwise: none can pass for the other.

Sources: W3C vc-jose-cose section 3.1; RFC 7515; RFC 8812 section 3.2 (ES256K); the did:jwk method.
"""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import SECP256K1, derive_private_key
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey
from joserfc.jws import JWSRegistry

from ledger.common.canonical import canonical_json, parse_json
from ledger.common.ids import KeyAddress
from ledger.common.keccak import keccak256
from ledger.errors import MalformedRecord, VerificationFailed
from ledger.records.signing import SigningKey

MEDIA_TYPE = "application/vc+jwt"
MAX_TOKEN = 1 << 20
_ALGORITHM = "ES256K"
_TYPE, _CONTENT = "vc+jwt", "vc"
_DID_JWK = "did:jwk:"
_WHERE = "credential"
_DID = re.compile(r"did:[a-z0-9]+(:[A-Za-z0-9._%-]+)+")
_FRAGMENT = re.compile(r"[A-Za-z0-9._~-]+")


class _Registry(JWSRegistry):
    """As large as ours become: the library's own limits fit no scorecard of a hundred partners."""

    max_header_length = 2048
    max_payload_length = MAX_TOKEN


_REGISTRY = _Registry(algorithms=[_ALGORITHM])


@dataclass(frozen=True, slots=True)
class IssuingKey:
    """Who issues: a DID, and the key under it. `document` is false where the DID is the key itself."""

    did: str
    kid: str
    document: bool
    jwk: dict[str, Any]
    private: ECKey

    @classmethod
    def of(cls, key: SigningKey, did: str | None = None, fragment: str = "key-1") -> "IssuingKey":
        """A partner's signing key; `did` in the place of the `did:jwk` that it is by itself."""
        private = ECKey.import_key(derive_private_key(int.from_bytes(key.secret(), "big"), SECP256K1()))
        jwk = private.as_dict(private=False)
        public = {name: jwk[name] for name in ("crv", "kty", "x", "y")}
        if did is None:
            own = _DID_JWK + encoded(canonical_json(public))
            return cls(own, f"{own}#0", False, public, private)
        if not _DID.fullmatch(did) or did.startswith(_DID_JWK):
            raise MalformedRecord("not a DID of its own", where="did", expected="did:web:… or another", found=did[:80])
        return cls(did, f"{did}#{fragment}", True, public, private)

    def __repr__(self) -> str:
        return f"IssuingKey({self.did})"


@dataclass(frozen=True, slots=True)
class OpenedCredential:
    """A credential whose signature holds: its claims, its issuer's DID, and the address of the key that signed.
    `is_key`: the DID is that key; another's document is for whoever resolves it.
    """

    claims: dict[str, Any]
    did: str
    key: KeyAddress
    is_key: bool


def sign_credential(credential: dict[str, Any], issuer: IssuingKey) -> str:
    """The credential as a compact JWS. Its `issuer` must be this one."""
    header: dict[str, Any] = {"alg": _ALGORITHM, "typ": _TYPE, "cty": _CONTENT, "kid": issuer.kid}
    if issuer.document:
        header["jwk"] = issuer.jwk
    if credential["issuer"]["id"] != issuer.did:
        raise MalformedRecord("another issuer", where="issuer", expected=issuer.did, found=credential["issuer"]["id"])
    token = jws.serialize_compact(header, canonical_json(credential), issuer.private, registry=_REGISTRY)
    if len(token) > MAX_TOKEN:
        raise MalformedRecord("too large", where=_WHERE, expected=f"at most {MAX_TOKEN} bytes", found=len(token))
    return token


def open_credential(token: bytes) -> OpenedCredential:
    """The credential in a compact JWS.

    Raises `MalformedRecord` for what is none, `VerificationFailed` where the signature does not hold. Whether the key
    may speak for its DID, and whom it belongs to, is not looked at.
    """
    if len(token) > MAX_TOKEN:
        raise MalformedRecord("too large", where=_WHERE, expected=f"at most {MAX_TOKEN} bytes", found=len(token))
    try:
        header = parse_json(decoded(token.strip().split(b".")[0].decode("ascii", "replace")), where=_WHERE)
    except MalformedRecord:
        header = None
    named = {"alg": _ALGORITHM, "typ": _TYPE, "cty": _CONTENT}
    if not isinstance(header, dict) or {name: header.get(name) for name in named} != named:
        raise MalformedRecord(
            "not a credential", where=_WHERE, expected=f"a JWS with alg {_ALGORITHM}, typ {_TYPE}, cty {_CONTENT}"
        )
    did, jwk = _key_of(header)
    try:
        key = ECKey.import_key(jwk)
        opened = jws.deserialize_compact(token.strip(), key, registry=_REGISTRY)
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise VerificationFailed(
            "the issuer's signature does not hold",
            where=_WHERE,
            expected=f"{_ALGORITHM} by {did[:120]}",
            found=str(error)[:120],
            mend="The credential was altered after it was signed, or names another key.",
        ) from None
    claims = parse_json(opened.payload or b"", max_size=MAX_TOKEN, where=_WHERE)
    if not isinstance(claims, dict) or not isinstance(claims.get("issuer"), dict):
        raise MalformedRecord("not a credential", where=_WHERE, expected="an object with an issuer")
    if claims["issuer"].get("id") != did:
        raise VerificationFailed("another issuer", where="issuer", expected=did, found=str(claims["issuer"].get("id")))
    return OpenedCredential(claims, did, _address(jwk), did.startswith(_DID_JWK))


def _key_of(header: dict[str, Any]) -> tuple[str, dict[str, str | list[str]]]:
    """The issuer's DID and its key, from the key id or, for a DID that is no key, from the header beside it.

    Never from both, and from nothing else: programs differ in which of two keys they take.
    """
    kid = header.get("kid")
    did, _, fragment = kid.partition("#") if isinstance(kid, str) else ("", "", "")
    itself = did.startswith(_DID_JWK)
    jwk = parse_json(decoded(did.removeprefix(_DID_JWK)), where="did:jwk") if itself else header.get("jwk")
    told = {"alg", "typ", "cty", "kid"} | (set() if itself else {"jwk"})
    right = fragment == "0" if itself else bool(_FRAGMENT.fullmatch(fragment))
    if not _DID.fullmatch(did) or not right or set(header) != told or not isinstance(jwk, dict):
        raise MalformedRecord(
            "not one key is named", where="header", expected="kid did:jwk:…#0, or another DID's with jwk beside it"
        )
    public: dict[str, str | list[str]] = {name: str(jwk.get(name, "")) for name in ("crv", "kty", "x", "y")}
    if set(jwk) - set(public) or (public["kty"], public["crv"]) != ("EC", "secp256k1"):
        raise MalformedRecord("not a public key of secp256k1", where="jwk", expected="crv, kty, x and y")
    return did, public


def _address(jwk: Mapping[str, str | list[str]]) -> KeyAddress:
    """As records name the key: the last 20 bytes of the Keccak hash of its point."""
    point = b"".join(decoded(str(jwk[name])).rjust(32, b"\0") for name in ("x", "y"))
    return KeyAddress(keccak256(point)[12:])


def encoded(data: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def decoded(text: str) -> bytes:
    """The bytes that `encoded` prints as `text`; raises `MalformedRecord`, for the empty text too."""
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        data = b""
    if not data or encoded(data) != text:
        raise MalformedRecord("not base64url", where=_WHERE, found=text[:40])
    return data
