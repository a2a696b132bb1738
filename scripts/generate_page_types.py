"""Write what the pages' scripts must know of records, `records.js`: types of `ledger.records.types`, `ledger.codes`.

A page that asked the service for these could be told that one record is another. `--check` compares with the committed
file and exits 1 when it is stale.
"""

import sys
from pathlib import Path

from ledger import codes
from ledger.records.eip712 import encode_type
from ledger.records.types import RECORDS

TARGET = Path(__file__).parent.parent / "ledger" / "api" / "pages" / "static" / "verify" / "records.js"
CODE_LISTS = (
    codes.RegistryAction,
    codes.Role,
    codes.ContractKind,
    codes.RevocationReason,
    codes.RecallAction,
    codes.Outcome,
)
"""Those that a page decides on."""
HEADER = """// Generated from ledger/records/types.py and ledger/codes.py by scripts/generate_page_types.py; `make
// check` compares. Do not edit. Structures as their EIP-712 type strings, with their type numbers; code lists by name.
"""


def main() -> int:
    text = page_types()
    if "--check" not in sys.argv:
        TARGET.write_text(text)
    elif not TARGET.exists() or TARGET.read_text() != text:
        print("records.js is not what the records and codes say: run `make generate`", file=sys.stderr)
        return 1
    return 0


def page_types() -> str:
    """`records.js`."""
    records = [f'  {kind.__name__}: {{ number: {kind.NUMBER}, type: "{encode_type(kind)}" }},' for kind in RECORDS]
    blocks = [HEADER + "export const RECORDS = {\n" + "\n".join(records) + "\n};"]
    for listed in CODE_LISTS:
        members = ", ".join(f"{code.name}: {code.value}" for code in listed)
        blocks.append(f"export const {listed.__name__} = {{ {members} }};")
    return "\n".join(blocks) + "\n"


if __name__ == "__main__":
    sys.exit(main())
