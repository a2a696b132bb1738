"""What GS1's schemas and its suite ask of a resolver's answers, where it offers these links."""

from typing import Any

VOCABULARY = "https://ref.gs1.org/voc/"
LINK_TYPES = {"defaultLink", "pip", "verificationService", "traceability", "registryEntry", "epcis"}
"""All of the GS1 Web Vocabulary, which are offered here."""
LINKSET: dict[str, Any] = {  # what the schema of edition 1.2 asks of a linkset, and the suite of its default links
    "required": ["linkset"],
    "properties": {
        "linkset": {
            "type": "array",
            "minItems": 1,
            "items": {
                "required": ["anchor", VOCABULARY + "defaultLink"],
                "properties": {
                    "anchor": {"type": "string", "pattern": r"^https?://[a-zA-Z0-9./]+"},
                    "itemDescription": {"type": "string"},
                    VOCABULARY + "defaultLink": {
                        "maxItems": 1, "items": {"propertyNames": {"enum": ["href", "title"]}},
                    },
                },
                "patternProperties": {
                    "^https?://": {
                        "type": "array",
                        "minItems": 1,
                        "items": {
                            "required": ["href", "title"],
                            "properties": {
                                "href": {"type": "string", "pattern": r"^https?://[a-zA-Z0-9./]+"},
                                "title": {"type": "string", "minLength": 1},
                                "hreflang": {"type": "array", "items": {"pattern": r"^\w{2}(-\w{2})?$"}},
                                "type": {"type": "string", "pattern": r"\w+/[-+.\w]+"},
                            },
                            "additionalProperties": False,
                        },
                    }
                },
                "propertyNames": {"pattern": f"^(anchor|itemDescription|{VOCABULARY}({'|'.join(LINK_TYPES)}))$"},
            },
        }
    },
}  # fmt: skip
DESCRIPTION: dict[str, Any] = {  # what the schema of edition 1.2 asks of a resolver description file
    "required": ["resolverRoot", "supportedPrimaryKeys"],
    "properties": {
        "resolverRoot": {"type": "string", "format": "uri", "pattern": "^https?://"},
        "supportedPrimaryKeys": {
            "type": "array",
            "items": {
                "enum": [
                    "all", "01", "8006", "8013", "8010", "410", "411", "412", "413", "414", "415", "417", "8017",
                    "8018", "255", "00", "253", "401", "402", "8003", "8004",
                ]
            },
        },
        "name": {"type": "string"},
        "supportedLinkType": {
            "type": "array",
            "items": {
                "properties": {
                    "namespace": {"type": "string", "format": "uri"},
                    "prefix": {"type": "string", "pattern": "^[a-zA-Z_][A-Za-z0-9_-]*?:$"},
                }
            },
        },
        "linkTypeDefaultCanBeLinkset": {"type": "boolean"},
        "supportsLanguageVariants": {"type": "boolean"},
        "supportsSemanticInterpretation": {"type": "boolean"},
        "validatesAIcombinations": {"type": "boolean"},
        "contact": {"type": "object"},
    },
}  # fmt: skip
