"""The bundle of a product on paper: who speaks for the brand, listed codes, a recall and another that was revoked."""

from typing import Any

from ledger import merkle
from ledger.bundle.product import product_figures
from ledger.codes import ContractKind, Hazard, RecallAction, RegistryAction, RevocationReason, Role
from ledger.common.canonical import canonical_json
from ledger.common.gs1 import parse_product
from ledger.common.ids import KeyAddress, RecordId
from ledger.common.periods import DAY
from ledger.common.scopes import schema_hash, scope_bytes
from ledger.products.brand_authority import BRAND_AUTHORISATION
from ledger.records.types import Attestation, Claims, Details, Recall, Revocation
from ledger.registry.changes import change
from ledger.registry.enrolment import Enrolment
from scripts.vectors.keys import CONSORTIUM, COUNCIL, address, salt
from scripts.vectors.paper import ATTESTATIONS, NO_HASH, PaperLog

BRAND, PLANT, RIVAL = 1, 2, 3
GTIN, SCHEMA = "09506000134352", "lading/authenticity/1"
LOT = f"01/{GTIN}/10/L1"
ITEM = f"{LOT}/21/000003"
CODES = tuple(f"{LOT}/21/{number:06}" for number in range(5))
NAMES = {BRAND: "Brand of the vectors", PLANT: "Plant of the vectors", RIVAL: "Rival of the vectors"}


class Shelf:
    """A log about one product. `indexes`: the leaf of each record by its name; `ids` their record ids."""

    def __init__(self) -> None:
        self.log = PaperLog()
        self.ids: dict[str, RecordId] = {}
        self.indexes: dict[str, int] = {}
        self._change("brand admitted", RegistryAction.ADMIT, partner=BRAND, **self._admission(BRAND))
        self._change("plant admitted", RegistryAction.ADMIT, partner=PLANT, **self._admission(PLANT))
        self._change("rival admitted", RegistryAction.ADMIT, partner=RIVAL, **self._admission(RIVAL))
        self._change("registry opened", RegistryAction.OPEN_CONTRACT, key=ATTESTATIONS, number=ContractKind.ATTESTATION)
        self._role("brand's prefix", BRAND, Role.BRAND, "9506000")
        self._role("brand issues", BRAND, Role.ISSUER, "brand authorisation")
        self._role("plant issues", PLANT, Role.ISSUER, SCHEMA)
        self._role("rival issues", RIVAL, Role.ISSUER, SCHEMA)
        self._attest("authorisation", BRAND, f"partner/{PLANT}", BRAND_AUTHORISATION)
        self._attest("lot", PLANT, LOT, schema_hash(SCHEMA), merkle.sorted_root(code.encode() for code in CODES))
        self._attest("by the rival", RIVAL, LOT, schema_hash(SCHEMA))
        self._recall("recall of another lot", BRAND, "L9")
        self._recall("revoked recall", BRAND, "L1")
        self._add("revocation", BRAND, self._revocation("revoked recall", RevocationReason.ERROR))
        self._recall("rival's recall", RIVAL, "L1")

    def bundle(self, path: str) -> bytes:
        product = parse_product(path)
        figures = product_figures(product, {self.ids["lot"]: CODES})
        return self.log.bundle(path, [], lambda _: figures, [_enrolment(n).document().decode() for n in NAMES])

    def _admission(self, partner: int) -> dict[str, Any]:
        return {"key": address(f"partner/{partner}"), "document": _enrolment(partner).document_hash()}

    def _role(self, name: str, partner: int, role: Role, scope: str) -> None:
        self._change(name, RegistryAction.GRANT_ROLE, partner=partner, role=int(role), scope=scope_bytes(role, scope))

    def _change(self, name: str, action: RegistryAction, **fields: Any) -> None:
        sequence = self.log.history.next_sequence
        self._note(name, self.log.add(change(sequence, action, **fields), *COUNCIL[:2]))

    def _attest(self, name: str, by: int, subject: str, schema: bytes, codes: bytes = NO_HASH) -> None:
        begin = self.log.now()
        claims, details = Claims(salt(f"{name}/claims"), ""), _details(name)
        self._add(name, by, Attestation(
            by, schema, subject, NO_HASH, begin, begin + 90 * DAY, NO_HASH, claims, codes, details,
        ))  # fmt: skip

    def _recall(self, name: str, by: int, lot: str) -> None:
        lots = canonical_json([{"lot": lot}]).decode()
        self._add(name, by, Recall(
            by, f"01/{GTIN}", lots, int(Hazard.ALLERGEN), int(RecallAction.RETURN), "recall@brand.example", NO_HASH,
            self.log.now(), _details(name),
        ))  # fmt: skip

    def _revocation(self, target: str, reason: RevocationReason) -> Revocation:
        return Revocation(BRAND, self.ids[target], int(reason), self.log.now(), _details("revocation"))

    def _add(self, name: str, by: int, record: Attestation | Recall | Revocation) -> None:
        self._note(name, self.log.add(record, f"partner/{by}"))

    def _note(self, name: str, record_id: RecordId) -> None:
        self.ids[name] = record_id
        self.indexes[name] = len(self.log.entries) - 2  # its outcome follows at once


def _details(label: str) -> Details:
    return Details(salt(f"bundle/product/{label}"), "")


def _enrolment(partner: int) -> Enrolment:
    return Enrolment(CONSORTIUM, NAMES[partner], "", KeyAddress(address(f"partner/{partner}")), ())
