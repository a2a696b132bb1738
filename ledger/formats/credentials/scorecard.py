"""Scorecards as a credential: issued by who made the figures again from a bundle, and says which bundle that was.

The figures are codes and integers as in the bundle, so a reader with the bundle gets the same ones. UNTP has no kind
for them, and they need none of its terms.
"""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from ledger.common.ids import to_hex
from ledger.errors import MalformedRecord
from ledger.formats.credentials.envelope import OTHER_TERMS, VCDM, Issuer, Party, moment

KIND = "LadingScorecardCredential"
EVIDENCE = "LadingBundle"


def scorecard_credential(
    bundle: bytes, scores: Mapping[str, Any], about: Party, issuer: Issuer, issued: int
) -> dict[str, Any]:
    """An unsigned credential of a partner's scores. The caller has verified the bundle that `scores` are a part of."""
    if not scores.get("cards"):
        raise MalformedRecord("no scorecards", where="bundle", expected="a partner's bundle, `lading export --partner`")
    digest = to_hex(sha256(bundle).digest())
    return {
        "@context": [VCDM, OTHER_TERMS],
        "type": [KIND, "VerifiableCredential"],
        "id": f"urn:lading:credential:{KIND}:{digest}",
        "issuer": issuer.to_json(),
        "validFrom": moment(issued),
        "name": "Scorecards recomputed from signed records",
        "credentialSubject": {
            "type": ["LadingScorecards"],
            "id": about.id(),
            "name": about.name,
            "scores": dict(scores),
        },
        "evidence": [{"type": [EVIDENCE], "sha256": digest}],
    }
