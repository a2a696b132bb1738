"""The page that shows what would become of a file: without a script, for partners, in memory alone, within limits."""

import io
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from ledger.api.pages.files.uploads import parts_of
from ledger.errors import MalformedRecord
from tests.api.world import World, running_world
from tests.e2e.stage import MAKER, key_of
from tests.e2e.views.test_pages import HTML
from tests.unit.formats.tabular.helpers import GOOD, HEADING, MAP, file


@pytest.fixture(scope="module")
def world(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running_world(founded, tmp_path_factory.mktemp("import") / "home") as running:
        yield running


@pytest.fixture(autouse=True)
def forget(world: World) -> Iterator[None]:
    yield
    world.client.cookies.clear()


def sign_in(world: World, who: Any = MAKER) -> None:
    answer = world.client.post("/sign-in", data={"token": world.token(who)}, headers=HTML)
    assert answer.status_code == 303


def send(world: World, content: bytes, status: int = 200, **fields: str) -> str:
    answer = world.client.post(
        "/import/preview", files={"file": ("f.csv", content)}, data={"map": "", "own": MAP, **fields}, headers=HTML
    )
    assert answer.status_code == status, answer.text
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text))


def test_only_partners_are_served(world: World) -> None:
    for method, path in (("GET", "/import"), ("POST", "/import/preview")):
        answer = world.client.request(method, path, headers=HTML)
        assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?back=/import")
    sign_in(world, key_of("nobody in particular"))
    assert "nly for partners" in send(world, file({}), 403)


def test_a_file_is_shown_and_nothing_is_kept(world: World) -> None:
    sign_in(world)
    assert 'enctype="multipart/form-data"' in world.page("/import")
    assert 'href="/import"' in world.page("/worklist")
    home = world.stage.node.home.settings.home
    before = sorted(path for path in home.rglob("*") if not path.name.endswith(("-wal", "-shm")))
    text = send(world, file({"due": "2020-03-01", "arrived": "2020-03-04"}, {}, {"boxes": "x"}))
    assert "Kea Panda 12 10.50 EUR" in text
    assert "stays due" in text
    assert "unusable boxes: not a whole number" in text
    assert "Lines 3 Unusable 1 Left out 0 Shipments 2 Delivered 1 Still due 1 Late 1 Days late in all 3" in text
    assert sorted(path for path in home.rglob("*") if not path.name.endswith(("-wal", "-shm"))) == before


def test_what_the_file_leaves_open_is_asked_and_answered_below_the_map(world: World) -> None:
    sign_in(world)
    content = file({"due": "03/04/2026"})
    text = send(world, content)
    assert "What the file leaves open" in text
    assert "line 2: 03/04/2026 is 3 April 2026 or 4 March 2026" in text
    assert "dates.promised.order" in text
    assert "What would become of it" not in text
    text = send(world, content, settings="dates.order=mdy\r\n\r\n")
    assert "What would become of it" in text
    assert "dates.order=mdy" in text, "what was typed stays there"


def test_what_cannot_be_read_is_told_in_words(world: World) -> None:
    sign_in(world)
    for content, fields, why in (
        (file({}), {"own": "a = "}, "not TOML"),
        (file({}), {"own": ""}, "not a map for importing"),
        (file({}), {"settings": "nonsense"}, "not a setting"),
        (file({}), {"map": "scms"}, "columns of the map are missing"),
        (b"", {}, "the file is empty"),
        (b"\xff\xfe\xfa", {}, "file.encoding"),
        (b"PK\x03\x04", {}, "not a workbook"),
        (file(*[{}] * 2_001), {}, "too many lines"),
    ):
        assert why in send(world, content, 400, **fields)
    assert (
        "&lt;script&gt;"
        in world.client.post(
            "/import/preview", files={"file": ("f.csv", b"<script>\n")}, data={"own": MAP}, headers=HTML
        ).text
    )
    send(world, b"x" * (600 * 1024), 413)


def test_no_form_of_another_site_is_taken(world: World) -> None:
    sign_in(world)
    answer = world.client.post(
        "/import/preview", files={"file": ("f.csv", file({}))}, headers={**HTML, "Origin": "https://evil.example"}
    )
    assert answer.status_code == 403


def test_a_body_that_is_no_form_is_refused(world: World) -> None:
    sign_in(world)
    answer = world.client.post("/import/preview", content=b"x", headers={**HTML, "Content-Type": "text/csv"})
    assert answer.status_code == 400


def test_a_workbook_comes_through_unharmed(world: World) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(list(HEADING))
    sheet.append([GOOD[name] for name in HEADING])
    target = io.BytesIO()
    book.save(target)
    sign_in(world)
    assert "Kea Panda 12 10.50 EUR" in send(world, target.getvalue())


def test_parts_are_the_bytes_that_were_sent() -> None:
    chance = random.Random(5)
    for size in (0, 1, 2, 1000, 10_000):
        content = bytes(chance.choice(b"\r\n-ab\x00\xff") for _ in range(size))
        body = (
            b'--B\r\nContent-Disposition: form-data; name="x"\r\n\r\nvalue\r\n--B\r\n'
            b'Content-Disposition: form-data; name="file"; filename="f; name=y.csv"\r\nContent-Type: text/csv\r\n\r\n'
            + content + b"\r\n--B--\r\n"
        )  # fmt: skip
        assert parts_of(body, 'multipart/form-data; boundary="B"') == {"x": b"value", "file": content}


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", "multipart/form-data; boundary=B"),
        (b"--B\r\n\r\nx", "multipart/form-data; boundary=B"),
        (b"--B\r\n\r\nx\r\n--B--", "multipart/form-data; boundary=B"),
        (
            b'--B\r\nContent-Disposition: form-data; name="a"\r\n\r\nx' * 30 + b"--B--",
            "multipart/form-data; boundary=B",
        ),
        (b"--B--", "application/json"),
        (b"--B--", "multipart/form-data"),
    ],
)
def test_what_is_no_form_with_parts(body: bytes, kind: str) -> None:
    with pytest.raises(MalformedRecord):
        parts_of(body, kind)
