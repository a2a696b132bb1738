"""`/v1/recalls/trace/sheet` and its page: a workbook for who may ask, and nothing for others."""

from io import BytesIO

from openpyxl import load_workbook

from ledger.formats.workbook import MEDIA_TYPE
from tests.api.world import GTIN, LOT, World, bearer
from tests.e2e.stage import AUDITOR, MAKER, SHOP

SUBJECT = f"01/{GTIN}/10/{LOT}"


def test_a_reader_downloads_what_it_may_see(world: World) -> None:
    for who, traced in ((AUDITOR, "down, up"), (MAKER, "down (the other way is not told to this reader)")):
        answer = world.client.get(
            "/v1/recalls/trace/sheet", params={"subject": SUBJECT}, headers=bearer(world.token(who))
        )
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == MEDIA_TYPE
        assert "trace.xlsx" in answer.headers["content-disposition"]
        assert "no-store" in answer.headers["cache-control"]
        book = load_workbook(BytesIO(answer.content), read_only=True)
        told = {row[0]: row[1] for row in book["About"].iter_rows(values_only=True)}
        assert (told["Subject"], told["Traced"]) == (SUBJECT, traced)
        rows = list(book["Initial packing"].iter_rows(values_only=True))
        assert [row[0] for row in rows[1:]] == [LOT] * (len(rows) - 1)
        assert len(rows) > 1


def test_others_are_refused_in_words(world: World) -> None:
    path, query = "/v1/recalls/trace/sheet", {"subject": SUBJECT}
    assert world.client.get(path, params=query).status_code == 401
    refused = world.client.get(path, params=query, headers=bearer(world.token(SHOP)))
    assert refused.status_code == 403
    assert "brand" in refused.json()["title"] + refused.json()["detail"]
    for subject in ("nonsense", "0x12", "01/1"):
        bad = world.client.get(path, params={"subject": subject}, headers=bearer(world.token(AUDITOR)))
        assert bad.status_code == 400, (subject, bad.text)


def test_the_page_offers_it_to_who_has_signed_in(world: World) -> None:
    assert "/recalls/sheet" not in world.page("/recalls")
    cookies = {"lading_session": world.token(AUDITOR)}
    headers = {"Accept": "text/html", "Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
    answer = world.client.get("/recalls", headers=headers)
    assert 'action="/recalls/sheet"' in answer.text
    page = world.client.get("/recalls/sheet", params={"subject": SUBJECT}, headers=headers)
    assert page.headers["content-type"] == MEDIA_TYPE
    refused = world.client.get("/recalls/sheet", params={"subject": "nonsense"}, headers=headers)
    assert (refused.status_code, refused.headers["content-type"].partition(";")[0]) == (400, "text/html")
