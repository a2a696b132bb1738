"""Who takes part, under which names, GLNs and roles. Every party has its own key, made anew for each demo."""

from dataclasses import dataclass

from ledger.cli.sandbox import OPERATOR, Party
from ledger.codes import Role
from ledger.common.gs1_keys import check_digit
from ledger.registry.enrolment import RoleRequest
from ledger.services.home.keystores import DEMO_PASSPHRASE, new_key, write_keystore
from ledger.services.home.settings import Settings

PREFIX = "9421900"
"""GS1 company prefix of the maker."""
SCHEMA = "lading/authenticity/1"
PRODUCT = "product"
"""Schema of what a brand says of its product."""
RATE_CARD = "rate-card"
"""Schema of what a carrier asks."""


def _gtin(reference: str) -> str:
    body = "0" + PREFIX + reference
    return body + check_digit(body)


GTIN, POWDER_GTIN, LACTOSE_GTIN, OTHER_GTIN = map(_gtin, ("00001", "00002", "00003", "00009"))
"""The formula in tins; what it is made of, in bags; a product that nobody attested."""
LOT, SAMPLE_LOT, BAD_LOT, SCRATCH_LOT = "L2601", "L2602", "L2512", "L2603"
BLEND_LOT, POWDER_LOT, LACTOSE_LOT = "L2604", "P2601", "S2601"
SCRATCHED = ("q7Rk2mVx9TzB4nHc", "Zp4sWn8cQe1uYg6K", "M3fXj9LdB7tRv5Ah", "eD2yN6wGkS8oCq4U")
"""One-time codes of `SCRATCH_LOT`, under a scratch layer; the first of them is copied."""


@dataclass(frozen=True, slots=True)
class Member:
    """A member of the cast before it has a key."""

    number: int
    name: str
    roles: tuple[RoleRequest, ...]


MAKER, FORWARDER, OCEAN, NZ_CUSTOMS, CN_CUSTOMS, BROKER, WAREHOUSE, LAST_MILE, PLATFORM, AUDITOR, LOCKER = range(2, 13)
COURIER, HAULIER, BLENDER = range(13, 16)
CAST = (
    Member(
        MAKER,
        "Southern Pastures Dairy",
        (
            RoleRequest(Role.SUPPLIER),
            RoleRequest(Role.BRAND, PREFIX),
            RoleRequest(Role.ISSUER, SCHEMA),
            RoleRequest(Role.ISSUER, PRODUCT),
        ),
    ),
    Member(FORWARDER, "Kea Forwarding", (RoleRequest(Role.CARRIER), RoleRequest(Role.ISSUER, RATE_CARD))),
    Member(OCEAN, "Meridian Ocean Line", (RoleRequest(Role.MAIN_CARRIER), RoleRequest(Role.ISSUER, RATE_CARD))),
    Member(NZ_CUSTOMS, "Customs of New Zealand (demo)", (RoleRequest(Role.CUSTOMS, "NZ"),)),
    Member(CN_CUSTOMS, "Customs of China (demo)", (RoleRequest(Role.CUSTOMS, "CN"),)),
    Member(BROKER, "Harbour Brokers", (RoleRequest(Role.BROKER),)),
    Member(WAREHOUSE, "Ningbo Bonded Warehouse", (RoleRequest(Role.WAREHOUSE),)),
    Member(LAST_MILE, "Swift Parcel", (RoleRequest(Role.CARRIER),)),
    Member(PLATFORM, "Panda Market", (RoleRequest(Role.PLATFORM),)),
    Member(AUDITOR, "Veritas Audit Partners", (RoleRequest(Role.AUDITOR),)),
    Member(LOCKER, "Corner Lockers", (RoleRequest(Role.LOCKER),)),
    Member(COURIER, "Tui Couriers", (RoleRequest(Role.CARRIER),)),
    Member(HAULIER, "Harrier Haulage", (RoleRequest(Role.CARRIER),)),
    Member(BLENDER, "Waikato Blenders", (RoleRequest(Role.WAREHOUSE),)),
)


def gln_of(number: int) -> str:
    """A GLN under the demo's prefix, with its check digit."""
    body = PREFIX + f"{number:05d}"
    return body + check_digit(body)


def make_cast(settings: Settings) -> dict[int, Party]:
    """New keys for everybody, kept as demo keystores so that the served demo can be signed in to."""
    parties = {OPERATOR: Party(OPERATOR, "Lading Demo Operations", new_key())}
    for member in CAST:
        parties[member.number] = Party(member.number, member.name, new_key())
    for party in parties.values():
        slug = "".join(c if c.isalnum() else "-" for c in party.name.lower()).strip("-")
        path = settings.home / "keys" / "partners" / f"{party.id:02d}-{slug}.json"
        write_keystore(path, party.key, DEMO_PASSPHRASE, demo=True)
    return parties


def subject(lot: str, serial: str = "", gtin: str = GTIN) -> str:
    """GS1 Digital Link path of the formula: its lot, or one tin of it."""
    return f"01/{gtin}/10/{lot}" + (f"/21/{serial}" if serial else "")
