"""What a replay of a history was begun with: the secret that makes its keys and salts, its deadline and its terms."""

import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ledger.common.periods import DAY
from ledger.errors import InvalidInput, Misconfigured
from ledger.records.signing import CURVE_ORDER, SigningKey
from ledger.services.home.keystores import write_private
from ledger.shipments.default_terms import alpha_for, default_terms

SEED_FILE = "replay.json"
SUBMIT_WITHIN = 365 * DAY


@dataclass(frozen=True, slots=True)
class Terms:
    """What every shipment of a replay is promised under.

    `alpha` is minor units per day²; `cap_bps` basis points of the value, `cap` minor units; `grace` seconds. Where one
    of rate and cap is None, it is what terms contain by default (`ledger.shipments.default_terms`).
    """

    alpha: int | None
    cap_bps: int | None
    cap: int | None = None
    grace: int = 0

    def penalty(self, value: int, freight: int) -> tuple[int, int]:
        """Rate and cap of a shipment of this value, in minor units."""
        usual = default_terms(value, freight).penalty_cap
        cap = self.cap if self.cap is not None else usual if self.cap_bps is None else value * self.cap_bps // 10_000
        return (alpha_for(cap) if self.alpha is None else self.alpha), cap

    def options(self) -> str:
        """As they are given to a command."""
        named = {"--alpha": self.alpha, "--cap-bps": self.cap_bps, "terms.cap": self.cap, "terms.grace": self.grace}
        return " ".join(f"{name} {value}" for name, value in named.items() if value is not None) or "no terms"


@dataclass(frozen=True, slots=True)
class Seed:
    """What a replay was begun with; kept beside the keys, for it makes them. `submit_by` lies after the replay."""

    secret: bytes
    submit_by: int
    terms: Terms

    @classmethod
    def read(cls, path: Path) -> "Seed":
        try:
            data = json.loads(path.read_bytes())
            return cls(bytes.fromhex(data["secret"]), data["submitBy"], _terms(data))
        except (OSError, ValueError, KeyError, TypeError):
            raise Misconfigured("not a replay's seed", where=str(path)) from None

    def to_json(self) -> dict[str, Any]:
        terms = self.terms
        more = {
            name: value for name, value in (("cap", terms.cap), ("grace", terms.grace or None)) if value is not None
        }
        return {
            "lading": "demo",
            "secret": self.secret.hex(),
            "submitBy": self.submit_by,
            "alpha": terms.alpha,
            "capBps": terms.cap_bps,
            **more,
        }

    def derive(self, purpose: str, length: int) -> bytes:
        return hmac.new(self.secret, purpose.encode(), hashlib.sha512).digest()[:length]

    def salt(self, purpose: str) -> bytes:
        return self.derive(f"salt/{purpose}", 16)

    def key(self, name: str) -> SigningKey:
        number = int.from_bytes(self.derive(f"key/{name}", 48), "big") % (CURVE_ORDER - 1) + 1
        return SigningKey(number.to_bytes(32, "big"))


def _terms(data: dict[str, Any]) -> Terms:
    return Terms(data["alpha"], data["capBps"], data.get("cap"), data.get("grace", 0))


def is_replay(home: Path) -> bool:
    """Whether the ledger in this home is a replay, whose keys stand in for those of the partners."""
    return (home / "keys" / SEED_FILE).exists()


def open_seed(home: Path, terms: Terms, now: int) -> Seed:
    """The seed of the replay in this home, made at its first start.

    Raises `Misconfigured` when something else is in this home, and `InvalidInput` when the replay was begun under other
    terms: they are signed and cannot change.
    """
    path = home / "keys" / SEED_FILE
    if not is_replay(home):
        if (home / "consortium.json").exists():
            raise Misconfigured(
                "another consortium is in this home", where=str(home), mend="Replay into a new LADING_HOME."
            )
        # Made before anything else, so that an interrupted founding is known as this replay's.
        seed = Seed(secrets.token_bytes(32), now + SUBMIT_WITHIN, terms)
        write_private(path, json.dumps(seed.to_json()).encode())
    seed = Seed.read(path)
    if seed.terms != terms:
        begun = seed.terms
        raise InvalidInput(
            "the replay in this home was begun under other terms, and they are signed",
            where="--alpha, --cap-bps",
            expected=begun.options(),
            found=terms.options(),
            mend="Use another LADING_HOME for other terms.",
        )
    return seed
