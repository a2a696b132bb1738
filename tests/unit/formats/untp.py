"""What UNTP 0.7.0 demands of its credentials, restated from its published JSON Schemas as far as ours have fields.

Kept are each class's required fields, its lists of codes, its types and formats, and which classes take no other field.
The published files are at https://untp.unece.org/artefacts/schema/v0.7.0/.
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
ROLES = (
    "owner producer manufacturer processor remanufacturer recycler operator serviceProvider inspector certifier "
    "logisticsProvider carrier consignor consignee importer exporter distributor retailer brandOwner regulator"
)
PARTY_ROLE = objects("role party", only=True, role={"enum": ROLES.split()}, party=PARTY)
DISPOSITIONS = "new inTransit active repaired recalled expired consumed recycled disposed"
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


def validator(kind: str) -> Draft202012Validator:
    """A validator of one kind of credential, formats included."""
    schema = objects(
        "@context id issuer validFrom name credentialSubject",
        type=typed(kind, "VerifiableCredential"),
        id=URI,
        issuer=named("CredentialIssuer", issuerAlsoKnownAs=lists(PARTY)),
        validFrom=TIME,
        validUntil=TIME,
        name=TEXT,
        credentialSubject=SUBJECTS[kind],
    )
    context = {"type": "array", "items": TEXT, "prefixItems": [{"const": one} for one in CONTEXTS], "minItems": 2}
    schema["properties"]["@context"] = context | {"uniqueItems": True}
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema, format_checker=FormatChecker())
