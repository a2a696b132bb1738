"""The pages as people meet them: in words, escaped, private where they must be, and asking no other host."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

from ledger.api.pages.languages.language import LANGUAGES, language_of
from ledger.api.pages.render import environment
from ledger.cli.sandbox import Party
from ledger.codes import Role
from ledger.explain.units import money, span
from ledger.registry.enrolment import RoleRequest
from tests.api.world import BAD_LOT, GTIN, LOT, OTHER_GTIN, World, running_world
from tests.e2e.stage import AUDITOR, CARRIER, MAKER, SECOND, SHOP, key_of

HOSTILE = '<script>alert("x")</script> & Söhne'
HTML = {"Accept": "text/html"}


@pytest.fixture(scope="module")
def world(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running_world(founded, tmp_path_factory.mktemp("pages") / "home") as running:
        stage = running.stage
        stage.trial.admit([(Party(50, HOSTILE, key_of("hostile")), "", [RoleRequest(Role.CARRIER)])])
        stage.pass_time(7200)
        yield running


class Page(HTMLParser):
    """What a page holds: its text, links, scripts and elements, checked for being closed in order."""

    VOID = frozenset({"meta", "link", "input", "br", "img", "hr"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.prose: list[str] = []
        self.addresses: list[str] = []
        self.open: list[str] = []
        self.faults: list[str] = []
        self.labels: set[str] = set()
        self.inputs: set[str] = set()
        self.headings: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.addresses += [value for name in ("href", "src", "action") if (value := values.get(name))]
        if any(name.startswith("on") or name == "style" for name in values):
            self.faults.append(f"inline script or style in {tag}")
        if tag == "label":
            self.labels.add(values.get("for") or "")
        if tag == "input" and values.get("type") != "hidden":
            self.inputs.add(values.get("id") or "")
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(tag)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"{tag} closed out of order")

    def handle_data(self, data: str) -> None:
        if self.open[-1:] not in (["script"], ["style"]):
            self.words.append(data)
            if not {"code", "pre"} & set(self.open):
                self.prose.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def every_page(world: World) -> list[str]:
    return [
        "/", "/shipments", f"/shipments?partner={MAKER}", "/partners", f"/partners/{MAKER}", "/partners/50",
        f"/partners/{CARRIER}/score", f"/partners/{CARRIER}/penalties", "/penalties",
        "/network", "/network?by=mode", "/stock", "/markets",
        "/records", "/records?type=Handoff", "/log", "/p", "/bonuses", "/sign-in",
        "/verify", "/council", "/log/anchors", "/log/contradictions", f"/partners/{CARRIER}/keys",
        f"/partners/{CARRIER}/keys?at=2030-01-01",
        f"/records/{world.id('first leg')}/beside/{world.id('parcel leg')}",
        f"/sign-in?address=0x{'11' * 20}", "/devices", "/dock", f"/devices?partner={CARRIER}", "/docs", "/problems",
        "/recalls", f"/recalls/{world.id('recall')}", "/provenance",
        *(f"/shipments/{world.id(name)}" for name in ("open", "late", "breach", "parcel")),
        *(f"/records/{world.id(name)}" for name in world.ids),
        *(f"/p/01/{gtin}/10/{lot}/21/1" for gtin, lot in ((GTIN, LOT), (GTIN, BAD_LOT), (OTHER_GTIN, "L9"))),
    ]  # fmt: skip


def test_every_page_is_sound_html_of_our_own(world: World) -> None:
    sound(world, every_page(world))


def test_pages_of_figures_are_sound_for_who_sees_all_of_them(world: World) -> None:
    sign_in(world, AUDITOR)
    compared = "/network?against_start=2020-01-01&against_end=2024-12-31"
    ways = ("/network", "/network?by=carrier", "/network?by=lane", compared)
    sound(world, [f"/partners/{CARRIER}/score", *ways, "/stock"])
    sound(world, ["/access", "/league", "/league?origin=NZ&destination=CN&mode=road&by=penalty"])
    sound(world, [f"/provenance?subject={world.id('late')}", f"/provenance?subject=01/{GTIN}", "/gaps"])
    world.client.cookies.clear()


def sound(world: World, paths: list[str]) -> None:
    for path in paths:
        text = world.page(path)
        page = Page(text)
        glued = [one for chunk in page.prose for one in re.findall(r"[a-z]{2}[.!?:][A-Z][a-z]\S*", chunk)]
        assert glued == [], (path, "sentences without a space between them")
        assert re.findall(r'name="q" type="search".*?value="([^"]*)"', text, re.DOTALL) == [""], (
            path,
            "nothing was asked",
        )
        assert page.faults == [], path
        assert page.open == [], path
        assert page.headings[0] == "h1", path
        assert page.headings.count("h1") == 1, path
        assert page.inputs <= page.labels, path
        for address in page.addresses:
            assert address.startswith(("/", "#")), (path, address)
            assert not address.startswith("//"), (path, address)


@pytest.mark.parametrize("tag", LANGUAGES)
def test_every_template_compiles(tag: str) -> None:
    templates = environment(language_of(tag))
    for name in templates.list_templates(extensions=["html"]):
        templates.get_template(name)


def test_every_link_leads_somewhere(world: World) -> None:
    addresses = {a.partition("#")[0] for path in every_page(world) for a in Page(world.page(path)).addresses}
    for address in sorted(addresses - {"", "/sign-out", "/language"}):
        answer = world.client.get(address, headers=HTML)
        assert answer.status_code in (200, 303, 307), address


def test_pages_speak_in_words(world: World) -> None:
    code_names = re.compile(r"\b(None|True|False|undefined|[a-z]+[A-Z][a-z]+\w*|[a-z]+_[a-z_]+|[A-Z]{3,}_[A-Z_]+)\b")
    meant = {"personal_sign", "eHerkenning"}
    for path in every_page(world):
        if path in ("/docs", "/problems") or path.startswith("/sign-in"):
            continue  # these are for programmers and wallets
        text = " ".join(Page(world.page(path)).prose)  # ids and keys stand as code
        assert '{"' not in text, path
        assert [name for name in code_names.findall(text) if name not in meant] == [], path


def test_a_hostile_name_is_only_a_name(world: World) -> None:
    for path in ("/partners", "/partners/50", "/partners/50/score"):
        text = world.page(path)
        assert "<script>alert" not in text
        assert "&lt;script&gt;" in text
        assert HOSTILE in Page(text).text


def test_a_shipment_tells_who_signed_and_what_did_not_count(world: World) -> None:
    text = Page(world.page(f"/shipments/{world.id('late')}")).text
    assert f"Partner {CARRIER} handed 10 packages to Partner 5, noted: damaged" in text
    assert "Skipped: the shipment had moved on" in text
    assert "CN import: held (cause: documents), caused by Partner 3" in text
    assert "On the broker's word only." in text
    assert "customs, by its own signature" in text
    breach = Page(world.page(f"/shipments/{world.id('breach')}")).text
    assert "breach" in breach
    assert "A required clearance was not released" in breach
    tender = Page(world.page(f"/shipments/{world.id('parcel')}")).text
    assert "delivery offered" in tender
    assert "offered delivery to the recipient, and nobody signed" in tender


def sign_in(world: World, who: int) -> None:
    token = world.token(who)
    answer = world.client.post("/sign-in", data={"token": token, "back": "/shipments"}, headers=HTML)
    assert (answer.status_code, answer.headers["location"]) == (303, "/shipments")
    assert "HttpOnly" in answer.headers["set-cookie"]


def test_prices_are_shown_to_parties_only(world: World) -> None:
    path = f"/shipments/{world.id('late')}"
    public = Page(world.page(path)).text
    assert "shown to the shipment's parties and to auditors" in public
    assert "EUR" not in public
    assert "Last second on time" not in public
    sign_in(world, SECOND)
    assert "EUR" not in Page(world.page(path)).text
    sign_in(world, SHOP)
    mine = Page(world.page(path)).text
    assert "EUR" in mine
    assert re.search(rf"Partner {CARRIER} owes Partner {SHOP} [\d.,]+ EUR, because the goods arrived on", mine)
    assert "(minor units)" not in mine
    terms = Page(world.page(f"/records/{world.id('late')}")).text
    assert "Auckland" in terms
    answer = world.client.post("/sign-out", headers=HTML)
    assert answer.status_code == 303
    world.client.cookies.clear()
    assert "Auckland" not in Page(world.page(f"/records/{world.id('late')}")).text


def test_a_partner_reads_what_it_owes_and_is_owed_in_a_period(world: World) -> None:
    path = f"/partners/{CARRIER}/penalties"
    assert "EUR" not in Page(world.page(path)).text
    sign_in(world, SHOP)
    mine = Page(world.page(path))
    assert f"Partner {CARRIER} owes" in mine.text
    assert world.id("late") in " ".join(mine.addresses)
    assert "EUR" in mine.text
    assert "Clock stopped" in mine.text
    assert "Arrived" not in mine.text
    for address in (a for a in mine.addresses if a.startswith("/v1/penalties")):
        assert world.client.get(address).headers["content-type"].startswith("text/csv"), "the files are there to read"
    assert "no shipment in this period" in Page(world.page(f"{path}?start=2001-01-01&end=2001-01-31")).text
    later = Page(world.page(f"/shipments/{world.id('open')}?at=2027-01-01")).text
    assert "the most that the terms allow, because the goods have not arrived" in later
    assert "grows" not in later, "accrual has ended by then"
    for query in ("start=yesterday", "end=2026-13-01", "start=2026-05-02&end=2026-04-01"):
        assert world.client.get(f"{path}?{query}", headers=HTML).status_code == 400, query
    world.client.cookies.clear()


def test_a_score_says_of_when_it_is_by_which_card_and_how_it_went(world: World) -> None:
    card = world.get(f"/v1/partners/{CARRIER}/score?rolling=90", world.token(CARRIER))["scores"][0]
    sign_in(world, CARRIER)
    text = world.page(f"/partners/{CARRIER}/score?rolling=90")
    assert card["card"] in text, "the scorecard's hash, whole in its title"
    assert 'aria-labelledby="trend-carrier-title"' not in text, (
        "no quarter has enough deliveries for a score to be drawn"
    )
    words = Page(text).text
    assert "What raised and what lowered it, in words" in words
    assert "By quarter" in words
    assert "too few" in words
    assert "so far" in words
    assert "By month" in Page(world.page(f"/partners/{CARRIER}/score?by=month")).text
    assert world.client.get(f"/partners/{CARRIER}/score?start=2026-02-30", headers=HTML).status_code == 400
    listed = next(one for one in Page(text).addresses if one.startswith(f"/partners/{CARRIER}/score/samples?"))
    assert "rolling=90" in listed
    samples = Page(world.page(listed))
    entry = card["indicators"][0]
    counted = entry["lowered"] or entry["raised"]
    assert {f"/shipments/{one['shipment']}" for one in counted} <= set(samples.addresses)
    assert f"Partner {CARRIER} as carrier" in samples.text
    world.client.cookies.clear()
    assert world.client.get(listed, headers=HTML).status_code == 403
    public = Page(world.page(f"/partners/{CARRIER}/score")).text
    assert "Everybody sees closed calendar quarters" in public
    assert "lowered it" not in public
    assert world.client.get(f"/partners/{CARRIER}/score?rolling=90", headers=HTML).status_code == 403


def test_the_network_is_shown_with_prices_and_lanes_to_those_who_may_know_them(world: World) -> None:
    public = Page(world.page("/network")).text
    assert "Everybody sees closed calendar quarters" in public
    assert "EUR" not in public
    for by in ("lane", "carrier"):
        refused = world.client.get(f"/network?by={by}", headers=HTML)
        assert refused.status_code == 403
        assert "Sign in with a key of a party" in Page(refused.text).text
    assert world.client.get("/network?start=2025-10-15&end=2025-10-16", headers=HTML).status_code == 403
    sign_in(world, SHOP)
    own = Page(world.page("/network")).text
    assert "EUR" in own
    assert "Mean delivery time" in own
    assert "Customs holds by cause" in own
    assert "the shipments whose terms you may read" in Page(world.page("/network?by=lane")).text
    compared = "/network?start=2025-10-15&end=2030-01-01&against_start=2020-01-01&against_end=2025-10-14"
    assert "Compared with" in Page(world.page(compared)).text
    assert world.client.get("/network?against_start=2020-01-01", headers=HTML).status_code == 400
    world.client.cookies.clear()


def test_pictures_show_what_the_reader_may_see_and_the_public_none(world: World) -> None:
    """Columns differ from reader to reader as their lists do; a partner without a part sees nothing."""
    paths = ("/penalties", "/network", f"/partners/{CARRIER}/penalties")
    for path in paths:
        assert "<figure" not in world.page(path), "what is not public is in no picture"
    counted = {}
    for who in (AUDITOR, SHOP, 50):
        late = world.get(f"/v1/penalties?at={world.stage.now}", world.token(who))["totals"]
        groups = world.get("/v1/network", world.token(who))["groups"]
        sign_in(world, who)
        pages = {path: world.page(path) for path in paths}
        world.client.cookies.clear()
        tables = [chart_table(text, "chart-1") for text in pages.values()]
        assert sum(int(row[-1]) for row in tables[0]) == sum(total["late"] for total in late), who
        counted[who] = sum(int(row[-1]) for row in chart_table(pages["/network"], "chart-1-1"))
        assert counted[who] == sum(group["figures"]["timed"] for group in groups), who
        assert all(Page(text).faults == [] for text in pages.values())
    assert counted[AUDITOR] >= counted[SHOP] > counted[50] == 0


def chart_table(text: str, key: str) -> list[list[str]]:
    """Rows of the table beside the chart of that name; none where there is no such chart."""
    table = re.search(rf'<table aria-labelledby="{key}-title">.*?<tbody>(.*?)</tbody>', text, re.DOTALL)
    rows = re.findall(r"<tr>(.*?)</tr>", table[1]) if table else []
    return [re.findall(r"<td[^>]*>(.*?)</td>", row) for row in rows]


def test_a_label_and_a_sheet_are_for_those_who_may_see_what_is_on_them(world: World) -> None:
    handoff = next(
        one["id"]
        for one in world.get("/v1/records?type=Handoff&limit=100", world.token(AUDITOR))["records"]
        if any(item["shipment"] == world.id("late") for item in one["message"]["items"])
    )
    papers = f"/shipments/{world.id('late')}/label", f"/records/{handoff}/sheet"
    for path in papers:
        refused = world.client.get(path, headers=HTML)
        assert (refused.status_code, "Auckland" in refused.text) == (403, False), path
    sign_in(world, 50)
    assert [world.client.get(path, headers=HTML).status_code for path in papers] == [403, 403]
    sign_in(world, SHOP)
    label, sheet = (world.page(path) for path in papers)
    assert Page(label).faults == Page(sheet).faults == []
    assert "Auckland" in Page(label).text
    assert world.id("late") in Page(label).text
    assert label.count('class="qr"') >= 1
    assert "Manifest" in Page(sheet).text
    assert "Name, date, signature" in Page(sheet).text
    assert world.client.get(f"/records/{world.id('late')}/sheet", headers=HTML).status_code == 404, (
        "terms are no handoff"
    )
    world.client.cookies.clear()


def test_nobody_is_sent_elsewhere_after_signing_in(world: World) -> None:
    token = world.token(SHOP)
    for back in ("https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/x\\y"):
        answer = world.client.post("/sign-in", data={"token": token, "back": back}, headers=HTML)
        assert answer.headers["location"] == "/worklist"
    world.client.cookies.clear()


def test_another_site_cannot_sign_a_visitor_in_or_out(world: World) -> None:
    elsewhere = HTML | {"Sec-Fetch-Site": "cross-site"}
    for path in ("/sign-in", "/sign-out"):
        assert world.client.post(path, data={"token": "x"}, headers=elsewhere).status_code == 403


def test_a_wrong_session_is_said_to_be_wrong(world: World) -> None:
    answer = world.client.post("/sign-in", data={"token": "x.y"}, headers=HTML)
    assert answer.status_code == 400
    assert "no session has this token" in Page(answer.text).text
    assert "set-cookie" not in answer.headers
    assert world.client.get("/sign-in?address=0x12", headers=HTML).status_code == 400


# --- products ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lot", "verdict", "words"),
    [
        (
            LOT,
            "authentic",
            ["The service says: authentic", "a code can be copied", "cannot show whether this code was copied"],
        ),
        (
            BAD_LOT,
            "recalled",
            ["The service says: recalled", "bring it back where you bought it", "recall@maker.example"],
        ),
        ("L404", "unknown", ["The service says: unknown", "no proof of a fake"]),
    ],
)
def test_the_services_verdict_comes_with_reasons_and_what_to_do(
    world: World, lot: str, verdict: str, words: list[str]
) -> None:
    """As the service's word: green is for the browser to give, once it has checked (`tests/browser`)."""
    text = world.page(f"/p/01/{GTIN if verdict != 'unknown' else OTHER_GTIN}/10/{lot}/21/000001")
    assert 'class="verdict claimed"' in text
    for word in (*words, "Not checked yet", "What to do", "What the service says"):
        assert word in Page(text).text


def test_a_digital_link_leads_to_the_product(world: World) -> None:
    answer = world.client.get(f"/01/{GTIN[1:]}/10/{LOT}/21/7?trust=0x12", headers=HTML)
    assert answer.status_code == 307
    assert answer.headers["location"] == f"http://127.0.0.1:8000/p/01/{GTIN}/10/{LOT}/21/7?trust=0x12"
    assert world.client.get("/01/123", headers=HTML).status_code == 400
    assert "check digit" in Page(world.client.get("/01/09421900000013", headers=HTML).text).text


@pytest.mark.parametrize("code", [f"{GTIN}", f"01/{GTIN[1:]}", f"01/{GTIN}/235/T", f"01/{GTIN}/", f"(01){GTIN}"])
def test_a_page_has_one_address_which_the_browser_can_check(world: World, code: str) -> None:
    answer = world.client.get(f"/p/{code}?x=1", headers=HTML)
    assert (answer.status_code, answer.headers["location"]) == (307, f"/p/01/{GTIN}?x=1")


@pytest.mark.parametrize(
    "code",
    [
        f"https://id.example.com/some/01/{GTIN}/10/{LOT}?x=1",
        f"01/{GTIN}/10/{LOT}",
        f"(01){GTIN}(10){LOT}",
        f" (01) {GTIN} (10) {LOT} ",
    ],
)
def test_any_spelling_of_a_code_finds_it(world: World, code: str) -> None:
    answer = world.client.get("/p", params={"code": code}, headers=HTML)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/p/01/{GTIN}/10/{LOT}")


def test_what_is_no_code_is_asked_again(world: World) -> None:
    answer = world.client.get("/p", params={"code": "<b>hello"}, headers=HTML)
    assert answer.status_code == 400
    assert "not a code we can read" in Page(answer.text).text
    assert "<b>hello" not in answer.text


def test_a_scan_by_a_page_names_the_device_and_nobody(world: World) -> None:
    code = f"01/{GTIN}/10/{LOT}/21/004711"
    first = world.client.post("/p-scan", json={"code": code})
    assert first.json() == {"verdict": "authentic"}
    assert "HttpOnly" in first.headers["set-cookie"]
    again = world.client.post("/p-scan", json={"code": code})
    assert again.json() == {"verdict": "authentic"}
    world.client.cookies.clear()
    assert world.client.post("/p-scan", json={"code": code}).json() == {"verdict": "authentic"}
    world.client.cookies.clear()
    assert "The service says: authentic" in Page(world.page(f"/p/{code}")).text


# --- the log, the rest -------------------------------------------------------------------------------------------


def test_the_log_says_on_what_trust_rests(world: World) -> None:
    text = Page(world.page("/log")).text
    assert "The chain here is run by the operator alone." in text
    assert "signatures, on the receipts and on the checkpoints that others hold" in text
    assert world.get("/v1/log")["verifierKey"] in text


def test_a_record_says_where_it_stands_on_both_tracks(world: World) -> None:
    text = Page(world.page(f"/records/{world.id('parcel leg')}")).text
    assert "anchored" in text
    assert "recorded" in text
    assert "1 item applied" in text
    assert "stale" in text
    assert "Nobody: the log itself" in Page(world.page(f"/records/{outcome_of(world)}")).text


def outcome_of(world: World) -> str:
    return str(world.get("/v1/records?type=Outcome&limit=1")["records"][0]["id"])


def test_pages_are_not_kept_by_others(world: World) -> None:
    assert world.client.get("/shipments", headers=HTML).headers["cache-control"] == "private, no-cache"


def test_lists_have_further_pages(world: World) -> None:
    text = world.page("/records")
    match = re.search(r'rel="next" href="(/records\?before=\d+)"', text)
    assert match
    assert "Newest" in Page(world.page(match[1])).text
    assert world.client.get("/records?type=Nothing", headers=HTML).status_code == 400


def test_amounts_and_durations_are_written_as_people_do() -> None:
    assert money(90094, "EUR") == "900.94 EUR"
    assert money("123456789", "JPY") == "123,456,789 JPY"
    assert money(1234, "KWD") == "1.234 KWD"
    assert money(-5, "EUR") == "-0.05 EUR"
    assert span(3 * 86400 + 5 * 3600 + 7) == "3 days 5 hours"
    assert (span(0), span(61), span(2**40)) == ("none", "1 minute 1 second", "without limit")
