"""What W3C's data model and UNTP 0.7.0 demand of credentials, restated as far as ours have fields.

Of UNTP's published JSON Schemas are kept each class's required fields, its lists of codes, its types and formats, and
which classes take no other field; they are at https://untp.unece.org/artefacts/schema/v0.7.0/. Of the VC Data Model 2.0
its own schema for credentials, and of Bitstring Status List 1.0 the members and forms of an entry and of a list.
"""

from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

TEXT: dict[str, Any] = {"type": "string"}
URI: dict[str, Any] = {"type": "string", "format": "uri", "pattern": "^[a-z][a-z0-9+.-]*:"}
TIME: dict[str, Any] = {
    "type": "string",
    "format": "date-time",
    "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$",
}
DATE: dict[str, Any] = {"type": "string", "format": "date", "pattern": r"^\d{4}-\d\d-\d\d$"}


def typed(*names: str) -> dict[str, Any]:
    return {"type": "array", "items": TEXT, "allOf": [{"contains": {"const": name}} for name in names]}


def objects(required: str, *, only: bool = False, **fields: Any) -> dict[str, Any]:
    """A class: its required fields, by name; `only`: it takes no others."""
    result: dict[str, Any] = {"type": "object", "required": required.split(), "properties": fields}
    return result | ({"additionalProperties": False} if only else {})


def lists(of: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": of}


def named(kind: str, **fields: Any) -> dict[str, Any]:
    """What is known by an id and a name."""
    return objects("id name", type=typed(kind), id=URI, name=TEXT, **fields)


LINK = objects("linkURL linkName", only=True, linkURL=URI, linkName=TEXT, mediaType=TEXT, linkType=TEXT)
MEASURE = objects("value unit", only=True, value={"type": "number"}, unit=TEXT)
CLASSIFICATION = objects(
    "code name schemeId schemeName", only=True, code=TEXT, name=TEXT, definition=TEXT, schemeId=URI, schemeName=TEXT
)
COUNTRY = objects("countryCode", only=True, countryCode=TEXT, countryName=TEXT)
PARTY = named("Party", registeredId=TEXT, description=TEXT, idScheme=named("IdentifierScheme"))
ISSUER = named("CredentialIssuer", issuerAlsoKnownAs=lists(PARTY)) | {"additionalProperties": False}
ROLES = (
    "owner producer manufacturer processor remanufacturer recycler operator serviceProvider inspector certifier "
    "logisticsProvider carrier consignor consignee importer exporter distributor retailer brandOwner regulator"
)
PARTY_ROLE = objects("role party", only=True, role={"enum": ROLES.split()}, party=PARTY)
GRANULARITY = {"enum": ["model", "batch", "item"]}
EVENT_PRODUCT = objects(
    "product",
    only=True,
    product=named("Product", idGranularity=GRANULARITY, modelNumber=TEXT, batchNumber=TEXT, itemNumber=TEXT)
    | {"required": ["id", "name", "idGranularity"]},
    quantity=MEASURE,
    disposition={
        "enum": ["new", "inTransit", "active", "repaired", "recalled", "expired", "consumed", "recycled", "disposed"]
    },
)
MOVE = objects(
    "id name eventDate activityType movedProduct fromFacility toFacility",
    type=typed("MoveEvent", "LifecycleEvent"),
    id=URI,
    name=TEXT,
    eventDate=TIME,
    activityType=CLASSIFICATION,
    relatedParty=lists(PARTY_ROLE),
    relatedDocument=lists(LINK),
    movedProduct=lists(EVENT_PRODUCT),
    fromFacility=named("Facility"),
    toFacility=named("Facility"),
    consignmentId=URI,
)
ASSESSMENT = objects(
    "id name assessmentCriteria assessmentDate assessedPerformance conformityTopic",
    type=typed("ConformityAssessment"),
    id=URI,
    name=TEXT,
    assessmentCriteria=lists(named("Criterion")),
    assessmentDate=DATE,
    assessedPerformance=lists({"type": "object"}),
    assessedProduct=lists(objects("product", product=named("Product"), idVerifiedByCAB={"type": "boolean"})),
    assessedOrganisation=named("Party"),
    conformityTopic=lists(objects("id name", only=True, type=typed("ConformityTopic"), id=URI, name=TEXT)),
    conformance={"type": "boolean"},
)
ASSESSMENT_LEVELS = (
    "authority-benchmark authority-mandate authority-globalmra authority-peer authority-extended-mra scheme-self "
    "scheme-cab no-endorsement"
)
ATTESTATION = objects(
    "id name assessorLevel assessmentLevel attestationType issuedToParty referenceScheme",
    only=True,
    type=typed("ConformityAttestation"),
    id=URI,
    name=TEXT,
    assessorLevel={"enum": ["self", "commercial", "buyer", "membership", "unspecified", "3rdParty", "hybrid"]},
    assessmentLevel={"enum": ASSESSMENT_LEVELS.split()},
    attestationType={
        "enum": ["certification", "declaration", "inspection", "testing", "verification", "validation", "calibration"]
    },
    issuedToParty=PARTY,
    authorisation=lists(objects("name issuingAuthority", name=TEXT, issuingAuthority=PARTY)),
    referenceScheme=named("ConformityScheme"),
    conformityAssessment=lists(ASSESSMENT),
)
PRODUCT = objects(
    "id name idScheme idGranularity productCategory producedAtFacility countryOfProduction",
    type=typed("Product"),
    id=URI,
    name=TEXT,
    description=TEXT,
    idScheme=named("IdentifierScheme"),
    idGranularity=GRANULARITY,
    productCategory=lists(CLASSIFICATION),
    relatedParty=lists(PARTY_ROLE),
    producedAtFacility=named("Facility"),
    countryOfProduction=COUNTRY,
)
CONTEXTS = ["https://www.w3.org/ns/credentials/v2", "https://vocabulary.uncefact.org/untp/0.7.0/context/"]
SUBJECTS = {
    "DigitalConformityCredential": ATTESTATION,
    "DigitalTraceabilityEvent": lists(MOVE),
    "DigitalProductPassport": PRODUCT,
}


STATUS = objects(
    "type statusPurpose statusListIndex statusListCredential",
    only=True,
    id=URI,
    type={"const": "BitstringStatusListEntry"},
    statusPurpose={"enum": ["refresh", "revocation", "suspension", "message"]},
    statusListIndex={"type": "string", "pattern": "^(0|[1-9][0-9]*)$"},
    statusListCredential={"type": "string", "pattern": "^https?://"},
)
"""UNTP's schema has the index as an integer, and W3C as a text: that is followed, as UNTP's own description says."""
XML_TIME = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$"}
KIND_OF_THING: dict[str, Any] = {"anyOf": [TEXT, {"type": "array", "minItems": 1, "items": TEXT}]}
DESCRIBED = {"type": "object", "minProperties": 1, "properties": {"id": URI}}
_ANY_OF_THEM = {"anyOf": [DESCRIBED, {"type": "array", "minItems": 1, "items": DESCRIBED}]}
VCDM = objects(
    "@context type issuer credentialSubject",
    id=URI,
    type={"type": "array", "contains": {"const": "VerifiableCredential"}},
    issuer=objects("id", id=URI),
    validFrom=XML_TIME,
    validUntil=XML_TIME,
    credentialSubject=_ANY_OF_THEM,
    credentialStatus=objects("type", id=URI, type=KIND_OF_THING),
    evidence=lists(objects("type", type=KIND_OF_THING)),
    name=TEXT,
)
VCDM["properties"]["@context"] = {"type": "array", "prefixItems": [{"const": CONTEXTS[0]}], "minItems": 1}
VCDM |= {"not": {"anyOf": [{"required": [name]} for name in ("vc", "vp", "iat", "@id", "@type")]}}
STATUS_LIST = objects(
    "id type issuer validFrom validUntil credentialSubject",
    type=typed("VerifiableCredential", "BitstringStatusListCredential"),
    credentialSubject=objects(
        "id type statusPurpose encodedList",
        only=True,
        id=URI,
        type={"const": "BitstringStatusList"},
        statusPurpose={"const": "revocation"},
        encodedList={"type": "string", "pattern": "^u[A-Za-z0-9_-]+$"},
    ),
)


def model_validator(more: dict[str, Any] | None = None) -> Draft202012Validator:
    """A validator of any credential by W3C's data model, and by what a kind has beyond it."""
    schema = {"allOf": [VCDM, more or {}]}
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema, format_checker=FormatChecker())


def findings(kind: str, claims: dict[str, Any]) -> list[str]:
    """What UNTP and W3C's data model have against a credential of a UNTP kind."""
    errors = [*validator(kind).iter_errors(claims), *model_validator().iter_errors(claims)]
    return [f"{error.json_path}: {error.message[:200]}" for error in errors]


def validator(kind: str) -> Draft202012Validator:
    """A validator of one kind of credential by UNTP, formats included."""
    schema = objects(
        "@context id issuer validFrom name credentialSubject",
        type=typed(kind, "VerifiableCredential"),
        id=URI,
        issuer=ISSUER,
        validFrom=TIME,
        validUntil=TIME,
        name=TEXT,
        credentialStatus=STATUS,
        credentialSubject=SUBJECTS[kind],
    )
    context = {"type": "array", "items": TEXT, "prefixItems": [{"const": one} for one in CONTEXTS], "minItems": 2}
    schema["properties"]["@context"] = context | {"uniqueItems": True}
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema, format_checker=FormatChecker())
