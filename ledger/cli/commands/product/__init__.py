"""`lading product`: what a brand says of its product, written down to be signed, and published by its hash."""

import hashlib
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from ledger.cli.commands.keys import read_file
from ledger.cli.connect import connected
from ledger.cli.output import err, out, print_json
from ledger.common.gs1 import parse_product
from ledger.common.ids import bytes_from_hex, to_hex
from ledger.common.periods import DAY
from ledger.errors import InvalidInput, MalformedRecord
from ledger.products.description import (
    MOST_PICTURE,
    PRODUCT_SCHEMA,
    Description,
    Picture,
    description_text,
    parse_description,
    picture_type,
)

app = typer.Typer(
    help="What a brand says of its product: name, description and picture, written down and published.",
    no_args_is_help=True,
)
PUBLISHED = "lading product publish RECORD"
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@app.command()
def describe(
    subject: Annotated[str, typer.Argument(help="What it is about: 01/<GTIN>, or 01/<GTIN>/10/<LOT>.")],
    by: Annotated[int, typer.Option(min=1, help="Your partner id: who signs it.")],
    brand: Annotated[str, typer.Option(help="The brand, as it stands on the product.")],
    name: Annotated[list[str], typer.Option(help="What it is called: LANGUAGE=TEXT, e.g. en=Tea; repeat it.")],
    save: Annotated[Path, typer.Option("--out", help="Write the text that is published here.")],
    description: Annotated[
        list[str] | None, typer.Option(help="A sentence or two about it: LANGUAGE=TEXT; repeat it.")
    ] = None,
    picture: Annotated[Path | None, typer.Option(help="Its picture: WebP, JPEG or PNG of at most 256 kB.")] = None,
    days: Annotated[int, typer.Option(min=0, help="Days for which it counts; 0: until it is revoked.")] = 0,
) -> None:
    """Write down name, brand, description and picture, and print the attestation that `lading sign` signs.

    Its `document` is the SHA-256 of the text in --out. Once it is signed and submitted, publish text and picture with
    `lading product publish`.
    """
    product = parse_product(subject, "subject")
    if product.serial:
        raise InvalidInput(
            "one item is not described by itself", where="subject", expected="01/<GTIN>, with a lot or without"
        )
    shown = None if picture is None else _picture(read_file(picture), str(picture))
    names, sentences = _by_language(name, "--name"), _by_language(description or (), "--description")
    text = description_text(Description(product.gtin, brand, names, sentences, shown))
    parse_description(text, "description")
    save.write_bytes(text)
    now = int(time.time())
    message = {
        "by": by,
        "schema": to_hex(PRODUCT_SCHEMA),
        "subject": product.path(),
        "validFrom": now,
        "validUntil": now + days * DAY if days else 0,
        "document": to_hex(hashlib.sha256(text).digest()),
    }
    print_json({"type": "Attestation", "message": message})
    with_picture = "" if picture is None else f" --picture {picture}"
    err.print(f"Sign and submit it, then: {PUBLISHED} {save}{with_picture}", markup=False)


@app.command()
def publish(
    record: Annotated[str, typer.Argument(help="Record id of the attestation that was submitted.")],
    text: Annotated[Path, typer.Argument(help="The text that `lading product describe` wrote.")],
    picture: Annotated[Path | None, typer.Option(help="The picture that the text names.")] = None,
    url: Annotated[str | None, typer.Option(help="The service to ask; without it, the home on this machine.")] = None,
    json: Json = False,
) -> None:
    """Bring text and picture to a service, which shows them to whoever scans the product.

    They are taken only where they have the hashes that were signed.
    """
    body = read_file(text)
    described = parse_description(body, str(text))
    image = b"" if picture is None else read_file(picture)
    with connected(url) as ledger:
        kept = ledger.publish_product(to_hex(bytes_from_hex(record, 32, "record")), body, image)
    if json:
        print_json(kept)
        return
    out.print(f"published: {described.brand}, {', '.join(described.names.values())}", markup=False)
    if described.picture is not None and not image:
        err.print(
            "The text names a picture, which is not shown until it is published too: --picture FILE", markup=False
        )


def _by_language(given: Iterable[str], where: str) -> dict[str, str]:
    result: dict[str, str] = {}
    for one in given:
        tag, sign, text = one.partition("=")
        if not sign or not tag or not tag.replace("-", "").isalnum():
            raise MalformedRecord("no language is named", where=where, expected="LANGUAGE=TEXT", found=one[:80])
        result[tag] = text
    return result


def _picture(body: bytes, where: str) -> Picture:
    kind = picture_type(body)
    if kind is None:
        raise MalformedRecord("not a picture that browsers draw", where=where, expected="WebP, JPEG or PNG")
    if len(body) > MOST_PICTURE:
        raise MalformedRecord("too large", where=where, expected=f"at most {MOST_PICTURE} bytes", found=len(body))
    return Picture(hashlib.sha256(body).digest(), kind)
