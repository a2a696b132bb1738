"""`lading credential`: what you signed on the ledger, as a W3C Verifiable Credential that others' software reads."""

from pathlib import Path
from time import time
from typing import Annotated

import typer

from ledger.bundle.format import MAX_BUNDLE, parse_bundle
from ledger.bundle.subject import SubjectKind, parse_subject
from ledger.bundle.verify import verify_bundle
from ledger.cli.commands.credential.inputs import Desk, expect, read_record
from ledger.cli.commands.credential.status import status
from ledger.cli.commands.keys import Name, read_file
from ledger.common.iso_codes import COUNTRIES
from ledger.errors import MalformedRecord, VerificationFailed
from ledger.formats.credentials import conformity as dcc
from ledger.formats.credentials import events as dte
from ledger.formats.credentials import passport as dpp
from ledger.formats.credentials.envelope import Issuer
from ledger.formats.credentials.envelope import credential as unsigned
from ledger.formats.credentials.scorecard import scorecard_credential
from ledger.records.types import Attestation, Handoff, Place, ShipmentTerms

app = typer.Typer(
    help="Issue Verifiable Credentials of what you signed (UNTP, vc+jwt), with the key that signed it.",
    no_args_is_help=True,
)
TRUST = Path("trust.json")
Record = Annotated[Path, typer.Option(help="The record, as /v1/records/{id} answers or `lading sign` writes it.")]
Proof = Annotated[Path, typer.Option(help="Its proof: /v1/records/{id}/tlog-proof.")]
Trusted = Annotated[Path, typer.Option(help="The consortium's trust file.")]
Did = Annotated[
    str | None, typer.Option(help="Your DID, such as did:web:example.com, whose document names the key as #key-1.")
]
Lists = Annotated[
    str | None,
    typer.Option(
        "--status-lists",
        help="URL below which your status lists are, such as https://ledger.example/v1/partners/7/status-lists.",
    ),
]
Out = Annotated[Path | None, typer.Option("--out", help="Write the credential here, and not to the terminal.")]


@app.command()
def conformity(
    key: Name,
    record: Record,
    proof: Proof,
    scheme: Annotated[str, typer.Option(help="Name of the attestation's schema: its hash is in the record.")],
    title: Annotated[str, typer.Option(help="Title of the certificate.")],
    scheme_id: Annotated[str, typer.Option(help="URI of the scheme.")] = "",
    issued_to: Annotated[int | None, typer.Option(help="The partner it is issued to; default: yourself.")] = None,
    assessor: Annotated[str, typer.Option(help=f"Who assesses: {', '.join(dcc.ASSESSORS)}.")] = "unspecified",
    assessment: Annotated[
        str, typer.Option(help=f"By what authority: {', '.join(dcc.ASSESSMENTS)}.")
    ] = "no-endorsement",
    kind: Annotated[str, typer.Option(help=f"What it is: {', '.join(dcc.TYPES)}.")] = "declaration",
    lists: Lists = None,
    did: Did = None,
    trust: Trusted = TRUST,
    save: Out = None,
) -> None:
    """An attestation as a UNTP Digital Conformity Credential. No private part of the record is shown."""
    desk = Desk.opened(key, trust, did)
    signed = read_record(record)
    attestation = expect(signed, Attestation, record)
    issuer = desk.issuer_of(signed)
    certificate = dcc.Certificate(scheme, title, scheme_id, assessor, assessment, kind)
    party = issuer.party if issued_to is None else desk.party(issued_to)
    subject = dcc.conformity_subject(attestation, desk.record_id(signed), certificate, party)
    evidence = [desk.evidence(signed, proof)]
    made = unsigned(dcc.KIND, title, subject, issuer, dcc.validity_of(attestation), evidence)
    desk.write(made | desk.status(lists, proof), save)


@app.command()
def event(
    key: Name,
    record: Record,
    proof: Proof,
    terms: Annotated[Path, typer.Option(help="The shipment's terms, as a record.")],
    terms_proof: Annotated[Path, typer.Option(help="The proof of the terms.")],
    before: Annotated[Path | None, typer.Option(help="The handoff by which the releaser got the goods.")] = None,
    before_proof: Annotated[Path | None, typer.Option(help="The proof of that handoff.")] = None,
    did: Did = None,
    trust: Trusted = TRUST,
    save: Out = None,
) -> None:
    """A handoff as a UNTP Digital Traceability Event. Of the records it shows places and contents, and nothing else."""
    desk = Desk.opened(key, trust, did)
    signed, opening = read_record(record), read_record(terms)
    handoff, shipment = expect(signed, Handoff, record), expect(opening, ShipmentTerms, terms)
    issuer = desk.issuer_of(signed)
    evidence = [desk.evidence(signed, proof, ["place", "load"])]
    contents = [f"contents[{i}]" for i in range(len(shipment.contents))] if isinstance(shipment.contents, tuple) else []
    evidence.append(desk.evidence(opening, terms_proof, [*contents, *([] if before else ["origin"])]))
    earlier = None
    if before is not None:
        if before_proof is None:
            raise MalformedRecord("no proof of the handoff before", where="--before-proof")
        earlier_signed = read_record(before)
        earlier = expect(earlier_signed, Handoff, before)
        evidence.append(desk.evidence(earlier_signed, before_proof, ["place"]))
    ids = desk.record_id(signed), desk.record_id(opening)
    parties = desk.party(handoff.releaser), desk.party(handoff.receiver)
    subject = dte.move_event(handoff, shipment, ids, parties, earlier)
    desk.write(unsigned(dte.KIND, dte.TITLE, subject, issuer, dte.validity_of(handoff), evidence), save)


@app.command()
def passport(
    key: Name,
    record: Record,
    proof: Proof,
    description: Annotated[Path, typer.Option(help="The product's description, to which the attestation commits.")],
    category: Annotated[str, typer.Option(help="UN CPC code and name, as CODE,NAME.")],
    facility: Annotated[str, typer.Option(help="Where it is made, as COUNTRY,LOCODE,NAME.")],
    language: Annotated[str, typer.Option(help="Language of name and description.")] = "en",
    lists: Lists = None,
    did: Did = None,
    trust: Trusted = TRUST,
    save: Out = None,
) -> None:
    """A brand's description of its product as a UNTP Digital Product Passport.

    Category and facility are on your own word: no record says them.
    """
    desk = Desk.opened(key, trust, did)
    signed = read_record(record)
    attestation = expect(signed, Attestation, record)
    issuer = desk.issuer_of(signed)
    code, _, called = category.partition(",")
    country, locode, name = [*facility.split(",", 2), "", ""][:3]
    if not code or not called or country not in COUNTRIES:
        raise MalformedRecord(
            "not a category and a facility",
            where="--category, --facility",
            expected="CODE,NAME and COUNTRY,LOCODE,NAME, the country as ISO 3166-1 alpha-2",
            found=f"{category[:40]} and {facility[:40]}",
        )
    made = dpp.Production(code, called, Place(bytes(16), country, locode, "", name), country)
    subject = dpp.passport_subject(attestation, read_file(description), made, issuer.party, language)
    evidence = [desk.evidence(signed, proof)]
    described = unsigned(dpp.KIND, dpp.title(subject["name"]), subject, issuer, dcc.validity_of(attestation), evidence)
    desk.write(described | desk.status(lists, proof), save)


@app.command()
def scorecard(
    key: Name,
    bundle: Annotated[Path, typer.Argument(help="A partner's bundle: `lading export --partner ID`.")],
    did: Did = None,
    trust: Trusted = TRUST,
    save: Out = None,
) -> None:
    """A partner's scores, once your own machine has made them again from the bundle: that is what you sign."""
    desk = Desk.opened(key, trust, did)
    data = read_file(bundle)
    if len(data) > MAX_BUNDLE:
        raise MalformedRecord("too large", where=str(bundle), expected=f"at most {MAX_BUNDLE} bytes")
    for step in verify_bundle(data, desk.trust):
        if not step.ok:
            raise VerificationFailed(step.why, where=step.name, expected=step.expected, found=step.found)
    read = parse_bundle(data)
    about = parse_subject(read.subject)
    if about.kind is not SubjectKind.PARTNER:
        raise MalformedRecord("not a partner's bundle", where=str(bundle), found=read.subject)
    owner = desk.trust.partners.owner(desk.key.address) if desk.trust.partners else None
    issuer = Issuer(desk.issuing.did, desk.party(owner.partner if owner else 0))
    scores = read.figures["scores"]
    desk.write(scorecard_credential(data, scores, desk.party(about.partner), issuer, int(time())), save)


app.command("status")(status)
