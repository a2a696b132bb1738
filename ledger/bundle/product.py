"""What a product's bundle claims beside its records: which attested lists hold its code, and who the partners are."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from ledger import merkle
from ledger.common.figure import Most, figure, to_json
from ledger.common.gs1 import Product
from ledger.common.ids import RecordId, to_hex
from ledger.common.json_fields import entries, fields_of, hex_bytes, integer
from ledger.errors import MalformedRecord, VerificationFailed
from ledger.products.authenticity import judge
from ledger.products.verdict import Evidence, ProductVerdict, Scan
from ledger.records.types import Attestation, Record
from ledger.records.verification import VerifiedRecord
from ledger.registry.brands import brands_over_time
from ledger.registry.history import RegistryHistory, RegistryView

MOST_LISTS = 200


@figure("attestation", "index", "size", "proof")
@dataclass(frozen=True, slots=True)
class ListedCode:
    """That the product's path is in the list of codes whose RFC 9162 root an attestation carries."""

    attestation: bytes
    index: Annotated[int, Most(2**48 - 1)]
    size: Annotated[int, Most(2**48 - 1)]
    proof: tuple[bytes, ...]


@figure("codes")
@dataclass(frozen=True, slots=True)
class ProductFigures:
    """The lists that hold the product's code, ascending by attestation. The other codes stay untold."""

    codes: tuple[ListedCode, ...]


def product_figures(product: Product, lists: Mapping[RecordId, Iterable[str]]) -> dict[str, Any]:
    """The figures of a product, given the published codes of each attestation that has a list."""
    path = product.path().encode()
    listed = []
    for attestation, codes in sorted(lists.items()):
        leaves = sorted({code.encode() for code in codes})
        if path in leaves:
            index = leaves.index(path)
            proof = merkle.inclusion_proof([merkle.leaf_hash(leaf) for leaf in leaves], index)
            listed.append(ListedCode(attestation, index, len(leaves), tuple(proof)))
    return to_json(ProductFigures(tuple(listed)))


def check_product(
    product: Product,
    figures: Mapping[str, Any],
    documents: Sequence[str],
    records: Mapping[RecordId, Record],
    registry: RegistryView,
) -> dict[str, Any]:
    """`figures` again once each claim holds: a code is in the list that its attestation signed, and each document is
    the enrolment of a partner that the registry admitted. Raises `MalformedRecord`, `VerificationFailed`.
    """
    admitted = {partner.document for _, partner in registry.partners()}
    for i, text in enumerate(documents):
        if hashlib.sha256(text.encode()).digest() not in admitted:
            raise VerificationFailed("not the enrolment of a partner", where=f"rules[{i}]", found=text[:80])
    last = b""
    for where, claim in entries(figures["codes"], "figures.codes", most=MOST_LISTS):
        fields = fields_of(claim, where, ("attestation", "index", "size", "proof"))
        attestation = RecordId(hex_bytes(fields["attestation"], f"{where}.attestation", 32))
        if attestation <= last:
            raise MalformedRecord("not ascending, each once", where=where)
        last = attestation
        record = records.get(attestation)
        if not isinstance(record, Attestation) or not any(record.itemCodes):
            raise VerificationFailed("no attestation of a list of codes", where=where, found=to_hex(attestation))
        merkle.verify_inclusion(
            merkle.leaf_hash(product.path().encode()),
            integer(fields["index"], f"{where}.index"),
            integer(fields["size"], f"{where}.size"),
            [hex_bytes(value, at, 32) for at, value in entries(fields["proof"], f"{where}.proof", most=64)],
            record.itemCodes,
        )
    return dict(figures)


def product_verdict(
    product: Product,
    figures: Mapping[str, Any],
    verified: Sequence[VerifiedRecord],
    registry: RegistryView,
    history: RegistryHistory,
) -> tuple[ProductVerdict, int]:
    """The verdict that checked records and `figures` give, and the time for which: the latest at which one was known.
    `registry` is that under the bundle's checkpoint, `history` tells how it came about.

    Who looked at the code and where the goods went is in no bundle, so nothing of that is in it.
    """
    at = max((record.known for record in verified), default=0)
    listed = {RecordId(bytes.fromhex(claim["attestation"][2:])) for claim in figures["codes"]}
    evidence = Evidence(
        records=verified,
        holders=brands_over_time(history, RegistryView(registry.state, at)),
        listed=lambda attestation, _: attestation in listed,
    )
    return judge(Scan(product, at), evidence), at
