"""GS1's JSON schema of EPCIS, as `make web` put it beside the pages' libraries."""

import json
from importlib import resources

from ledger.errors import Misconfigured
from ledger.formats.epcis.validation import Validator


def own_validator() -> Validator:
    """Raises `Misconfigured` where the schema is not installed."""
    file = resources.files("ledger") / "api" / "pages" / "static" / "lib" / "epcis.json"
    try:
        return Validator(json.loads(file.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise Misconfigured("GS1's schema of EPCIS is not installed", where=str(file), mend="Run `make web`.") from None
