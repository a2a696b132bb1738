"""The pages' registry and verdict give what the ledger's give, on random histories and random evidence; run in Node."""

import random
from dataclasses import dataclass, field
from typing import Any

import pytest

from ledger.bundle.subject import bears_on_product
from ledger.codes import ContractKind, Hazard, Outcome, RecallAction, RegistryAction, RevocationReason, Role
from ledger.common.gs1 import Product
from ledger.common.gs1_keys import check_digit, check_load, sscc_in
from ledger.common.ids import KeyAddress, PartnerId, RecordId, to_hex
from ledger.common.keccak import keccak256
from ledger.common.scopes import schema_hash
from ledger.errors import LadingError
from ledger.products.authenticity import judge
from ledger.products.brand_authority import BRAND_AUTHORISATION
from ledger.products.description import PRODUCT_SCHEMA
from ledger.products.verdict import Evidence, Scan, Verdict, Why
from ledger.records.signing import SigningKey
from ledger.records.types import Attestation, Claims, Recall, Record, RegistryChange, Revocation
from ledger.records.verification import Facts, VerifiedRecord, already_verified
from ledger.registry.changes import change
from ledger.registry.history import Genesis, RecordedAt, RegistryHistory, RegistryRecord
from tests.api.scripts.test_browser import in_the_browser
from tests.chain.contracts.consortium import COUNCIL
from tests.chain.contracts.registry.test_registry_histories import DELAY, PARTNERS, STEPS, Player
from tests.unit.history import DOMAIN, NO_DETAILS

NO_HASH = bytes(32)

# --- the registry ---------------------------------------------------------------------------------------------------


@dataclass
class PaperTwin:
    """The pure rules alone, in the place of a contract with its twin; keeps what was asked and answered."""

    now: int = 1_700_000_000
    steps: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        council = tuple(sorted(key.address for key in COUNCIL))
        self.genesis = Genesis(DOMAIN.consortium_id, 2, DELAY, tuple(map(KeyAddress, council)))
        self.history = RegistryHistory(self.genesis)

    def wait(self, seconds: int) -> None:
        self.now += seconds

    def contract(self, kind: int, predecessor: bytes = bytes(20)) -> bytes:
        """An address that no contract had before; nothing on paper says what stands there."""
        return keccak256(bytes([kind]) + predecessor + bytes([len(self.steps)]))[12:]

    def make(self, action: RegistryAction, *, sequence: int, **fields: Any) -> RegistryChange:
        fields["not_before"] = fields.pop("notBefore", 0)
        return change(sequence, action, **fields)

    def submit(self, record: RegistryRecord, *signers: SigningKey) -> None:
        keys = [KeyAddress(signer.address) for signer in signers]
        block = len(self.steps) + 1
        try:
            self.history.apply(record, keys, RecordedAt(block, self.now, 0, block))
            taken = True
        except LadingError:
            taken = False
        step = {"type": type(record).__name__, "message": record.to_json(), "keys": [to_hex(key) for key in keys]}
        self.steps.append({**step, "time": self.now, "taken": taken})


def picture(twin: PaperTwin, time: int) -> dict[str, Any]:
    """What can be asked of the registry at a time, as the pages ask it."""
    view = twin.history.now(time)
    return {
        "keys": {
            f"{to_hex(key)} {number}": (holder := view.signer(key, number)) and holder.partner
            for key, entry in view.state.versions.addresses.items(view.state.number)
            if entry.in_force(time)
            for number in (4, 5, 10)
        },
        "needed": view.council().threshold,
        "council": sorted(to_hex(key) for key in view.council().members),
        "suspended": [partner for partner in PARTNERS if view.suspended(partner)],
        "roles": sorted(
            f"{partner} {int(role)} {to_hex(scope)}"
            for partner in PARTNERS
            for role, scope in view.roles(partner)
            if view.has_role(partner, role, scope)
        ),
        "contracts": {str(int(k)): to_hex(key) if (key := view.contract(k)) else None for k in ContractKind},
    }


@pytest.mark.parametrize("seed", range(6))
def test_the_pages_registry_takes_and_refuses_what_the_ledgers_does(seed: int) -> None:
    player = Player(random.Random(seed), twin=PaperTwin())  # type: ignore[arg-type]
    twin: PaperTwin = player.twin  # type: ignore[assignment]
    for _ in range(STEPS):
        if player.rng.random() < 0.3:
            twin.wait(player.rng.choice((1, 400, 1000, 1001, 5000)))
        record, signers = player.record()
        twin.submit(record, *signers)
    genesis = {"council": [to_hex(k) for k in twin.genesis.council], "threshold": 2, "delay": DELAY}
    times = [twin.now, twin.now + DELAY, twin.now + 100_000]
    taken = [step["taken"] for step in twin.steps]
    assert 30 < sum(taken) < STEPS - 20  # enough of both to mean something
    (answer,) = in_the_browser(
        [{"task": "registry", "genesis": genesis, "steps": twin.steps, "times": times, "partners": list(PARTNERS)}]
    )
    assert answer["taken"] == taken
    assert answer["pictures"] == [picture(twin, time) for time in times]


def test_the_dock_finds_the_wrong_check_digits_that_the_command_line_does() -> None:
    rng = random.Random(18)
    loads = ["", "MSKU 123456-7", "106141412345678908", "(00)106141412345678909", "00 1061414 12345678908", "x" * 18]
    for _ in range(200):
        digits = "".join(rng.choices("0123456789", k=rng.choice((17, 18, 18, 18, 20))))
        right = digits[:-1] + check_digit(digits[:-1])
        loads += [rng.choice(("", "00", "(00) ")) + rng.choice((digits, right))]
    answers = in_the_browser([{"task": "sscc", "load": load} for load in loads])
    assert answers == [sscc_in(load) if is_refused(load) else "" for load in loads]
    assert 20 < sum(map(bool, answers)) < len(loads) - 20


def is_refused(load: str) -> bool:
    try:
        check_load(load)
    except LadingError:
        return True
    return False


# --- the verdict ----------------------------------------------------------------------------------------------------

GTINS = tuple(f"0{body}{check_digit(f'0{body}')}" for body in ("950110100001", "950110100002"))
NOW = 1_700_000_000
SCHEMA = schema_hash("twins")
LOTS = (
    "", "", '[{"lot":"L1"}]', '[{"from":"S1","to":"S9"}]', '[{"lot":"L2"},{"from":"S10","to":"S30"}]', "[",
    '[{"lot": "L1"}]', "[]", '[{"lot":"L1","to":"S9"}]', '[{"from":"S9","to":"S1"}]', '[{"lot":7}]', "null", '"L1"',
)  # fmt: skip
"""Of recalls, those that nobody can read among them."""
MISSPELT = ("", "", "", "/", "/10", "/10/a%2fb", "/10/A/B", "/21/7/10/L1", "/10/" + "x" * 21, "x", "0/10/L1")
"""What may stand behind the subject of a recall that came straight from a contract."""
SAME = {
    Why.RECALL_BY_OTHERS: "recall by others", Why.NOT_LISTED: "not listed", Why.OTHERS: "others",
}  # fmt: skip
"""Where the pages' name of a reason is shorter."""
UNTOLD = {Why.COPY_CAUTION, Why.NOTHING}


def some_product(rng: random.Random) -> Product:
    lot, serial, variant = rng.choice(("", "L1", "L2", "A/B")), rng.choice(("", "S1", "S22")), rng.choice(("", "", "V"))
    return Product(rng.choice(GTINS), lot, serial, variant)


def some_record(rng: random.Random, before: list[VerifiedRecord]) -> Record:
    by, ids = rng.randrange(1, 6), [bytes(record.id) for record in before] or [NO_HASH]
    salt = rng.randbytes(16)
    told = [one for one in before if getattr(one.record, "schema", NO_HASH) == BRAND_AUTHORISATION]
    kind = rng.random()
    if kind < 0.5:
        path = rng.choice((some_product(rng).path(), f"partner/{rng.randrange(1, 6)}", "partner/07", "01/1"))
        schema = BRAND_AUTHORISATION if path.startswith("partner") or rng.random() < 0.1 else SCHEMA
        start = NOW + rng.choice((-1000, -10, 0, 10))
        end = rng.choice((0, start + 5, NOW + 100, NOW, NOW - 400))
        codes = rng.choice((NO_HASH, NO_HASH, rng.randbytes(32)))
        document = NO_HASH
        if rng.random() < 0.25:
            schema, document = PRODUCT_SCHEMA, rng.choice((NO_HASH, rng.randbytes(32), rng.randbytes(32)))
            path = rng.choice((path, f"01/{rng.choice(GTINS)}", f"01/{rng.choice(GTINS)}/10/L1"))
        return Attestation(by, schema, path, NO_HASH, start, end, document, Claims(salt, ""), codes, NO_DETAILS)
    if kind < 0.75:
        lots = rng.choice(LOTS)
        if told and rng.random() < 0.5:  # by one who was authorised, perhaps no longer
            subject = rng.choice(told).record.subject  # type: ignore[attr-defined]
            by = int(subject[-1]) if subject.startswith("partner/") else by
        supersedes = rng.choice((NO_HASH, rng.choice(ids)))
        hazard, action = int(Hazard.OTHER), int(rng.choice(tuple(RecallAction)))
        return Recall(
            by,
            some_product(rng).path() + rng.choice(MISSPELT),
            lots,
            hazard,
            action,
            "",
            supersedes,
            NOW - rng.randrange(9),
            NO_DETAILS,
        )
    start, reason = NOW + rng.choice((-1000, -400, -5, 0, 5)), int(rng.choice(tuple(RevocationReason)))
    if before and rng.random() < 0.7:
        target = rng.choice(told if told and rng.random() < 0.5 else before)
        return Revocation(target.record.by, target.id, reason, start, NO_DETAILS)  # type: ignore[attr-defined]
    return Revocation(by, rng.choice(ids), reason, start, NO_DETAILS)


def some_evidence(rng: random.Random) -> tuple[list[VerifiedRecord], dict[int, int]]:
    """Records of five partners, of which some are authorities when they sign."""
    made: list[VerifiedRecord] = []
    authorities = {partner: 1 << Role.AUTHORITY for partner in range(1, 6) if rng.random() < 0.2}
    time = NOW - 500
    for index in range(rng.randrange(1, 25)):
        record = some_record(rng, made)
        outcome = Outcome.APPLIED if rng.random() < 0.9 else Outcome.STALE
        time += rng.choice((0, 1, 5, 20))
        facts = Facts(index, time, index, time, 0, (outcome,), index)
        by = PartnerId(record.by)  # type: ignore[attr-defined]
        made.append(already_verified(DOMAIN.record_id(record), record, [by], facts, roles=[authorities.get(by, 0)]))
    return made, authorities


def closed(product: Product, made: list[VerifiedRecord]) -> list[VerifiedRecord]:
    """What a product's bundle holds of them."""
    kept: dict[RecordId, VerifiedRecord] = {}
    for _ in range(2):
        kept |= {one.id: one for one in made if bears_on_product(product, one.record, kept)}
    return [one for one in made if one.id in kept]


def test_the_pages_verdict_is_the_ledgers() -> None:
    rng = random.Random(23)
    cases, expected = [], []
    for _ in range(1500):
        product = some_product(rng)
        made, authorities = some_evidence(rng)
        held = closed(product, made)
        brands = sorted(rng.sample(range(1, 6), rng.randrange(3)))
        listed = {one.id for one in held if rng.random() < 0.5}
        then = {one.facts: sorted(rng.sample(range(1, 6), rng.randrange(3))) for one in held}

        def holders(
            _: str, place: Facts | None = None, /, *, now: list[int] = brands, then: dict[Facts, list[int]] = then
        ) -> list[int]:
            return now if place is None else then[place]

        evidence = Evidence(held, holders, lambda i, _, listed=listed: i in listed)  # type: ignore[misc]
        verdict = judge(Scan(product, NOW), evidence)
        expected.append(
            {
                "verdict": str(verdict.verdict),
                "reasons": sorted(
                    f"{to_hex(why.records[-1])} revoked {why.detail}"
                    if why.code is Why.REVOKED
                    else f"{to_hex(why.records[0])} {SAME.get(why.code, why.code)}"
                    for why in verdict.why
                    if why.code not in UNTOLD
                ),
                "described": [to_hex(part) for part in verdict.described or ()],
            }
        )
        cases.append(
            {
                "task": "verdict", "path": product.path(), "time": NOW, "brands": brands,
                "listed": [to_hex(i) for i in listed],
                "records": [
                    {
                        "id": to_hex(one.id), "type": type(one.record).__name__, "message": one.record.to_json(),
                        "index": one.log_index, "known": one.known, "applied": one.applied(),
                        "authority": bool(authorities.get(one.record.by, 0)),  # type: ignore[attr-defined]
                        "brands": then[one.facts],
                    }
                    for one in held
                ],
            }
        )  # fmt: skip
    assert in_the_browser(cases) == expected
    assert len([case for case in expected if case["described"]]) > 20
    assert {case["verdict"] for case in expected} == {str(verdict) for verdict in Verdict} - {"risk"}
