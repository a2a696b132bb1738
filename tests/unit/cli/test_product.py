"""`lading product`: what is described is what is signed and published; what is wrong is named before anybody signs."""

import hashlib
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ledger.cli.commands.product import app
from ledger.cli.demo.brand import NAMES, packaging, picture
from ledger.client.drafts import completed
from ledger.common.gs1 import parse_product
from ledger.common.ids import to_hex
from ledger.errors import InvalidInput, LadingError
from ledger.products.description import MOST_PICTURE, PRODUCT_SCHEMA, parse_description, picture_type
from ledger.records.content_checks import check_content
from ledger.records.types import Attestation
from ledger.records.wallet_input import envelope_from_wallet

SUBJECT = "01/09421900000012/10/L1"
NOW = 1_800_000_000


def described(folder: Path, *more: str, subject: str = SUBJECT) -> tuple[int, str, BaseException | None]:
    words = ["describe", subject, "--by", "2", "--brand", "Kea", "--out", str(folder / "said.json"), *more]
    done = CliRunner().invoke(app, words)
    return done.exit_code, done.stdout, done.exception


def test_the_attestation_commits_to_the_text_and_the_text_to_the_picture(tmp_path: Path) -> None:
    tin = tmp_path / "tin.png"
    tin.write_bytes(picture())
    status, printed, _ = described(
        tmp_path, "--name", "en=Tea = leaves", "--name", "zh-CN=茶", "--description", "en=50 g", "--picture", str(tin)
    )
    assert status == 0
    text = (tmp_path / "said.json").read_bytes()
    said = parse_description(text)
    assert (said.gtin, said.brand, dict(said.names)) == (
        "09421900000012", "Kea", {"en": "Tea = leaves", "zh-CN": "茶"},
    )  # fmt: skip
    assert said.picture is not None
    assert (said.picture.sha256, said.picture.type) == (hashlib.sha256(picture()).digest(), "image/png")
    record = envelope_from_wallet(completed(json.loads(printed), NOW)).record
    check_content(record, NOW)
    assert isinstance(record, Attestation)
    assert (record.by, record.subject, record.schema) == (2, SUBJECT, PRODUCT_SCHEMA)
    assert record.document == hashlib.sha256(text).digest()
    assert record.validUntil == 0


@pytest.mark.parametrize(
    ("more", "subject", "where"),
    [
        (("--name", "Tea"), SUBJECT, "--name"),
        (("--name", "e n=Tea"), SUBJECT, "--name"),
        (("--name", "en="), SUBJECT, "description.names.en"),
        (("--name", "en=Tea", "--description", "50 g"), SUBJECT, "--description"),
        (("--name", "en=Tea"), "01/09421900000013", "subject"),
        (("--name", "en=Tea"), SUBJECT + "/21/7", "subject"),
        (("--name", "en=Tea", "--picture", "{folder}/none.png"), SUBJECT, "{folder}/none.png"),
        (("--name", "en=Tea", "--picture", "{folder}/drawing.svg"), SUBJECT, "{folder}/drawing.svg"),
        (("--name", "en=Tea", "--picture", "{folder}/large.png"), SUBJECT, "{folder}/large.png"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_written(
    tmp_path: Path, more: tuple[str, ...], subject: str, where: str
) -> None:
    (tmp_path / "drawing.svg").write_text("<svg/>")
    (tmp_path / "large.png").write_bytes(picture().ljust(MOST_PICTURE + 1))
    _, _, raised = described(tmp_path, *(word.format(folder=tmp_path) for word in more), subject=subject)
    assert isinstance(raised, InvalidInput)
    assert raised.where.startswith(where.format(folder=tmp_path))
    assert not (tmp_path / "said.json").exists()


def test_pictures_are_told_by_their_first_bytes() -> None:
    assert picture_type(picture()) == "image/png"
    assert picture_type(b"\xff\xd8\xff\xe0") == "image/jpeg"
    assert picture_type(b"RIFF\x00\x00\x00\x00WEBPVP8 ") == "image/webp"
    assert [picture_type(one) for one in (b"", b"RIFF", b"GIF89a", b"<svg/>")] == [None] * 4


def test_publishing_reads_its_files_before_it_asks_anybody(tmp_path: Path) -> None:
    (tmp_path / "said.json").write_text("{}")
    words = ["publish", to_hex(bytes(32)), str(tmp_path / "said.json"), "--url", "http://127.0.0.1:9"]
    raised = CliRunner().invoke(app, words).exception
    assert isinstance(raised, LadingError)
    assert raised.where == str(tmp_path / "said.json")


def test_the_demos_packaging_is_a_description_with_its_picture() -> None:
    text, drawn = packaging()
    said = parse_description(text)
    assert parse_product(f"01/{said.gtin}").gtin == said.gtin
    assert set(said.names) == set(NAMES) == set(said.descriptions)
    assert said.picture is not None
    assert said.picture.sha256 == hashlib.sha256(drawn).digest()
    assert len(drawn) < 1024
