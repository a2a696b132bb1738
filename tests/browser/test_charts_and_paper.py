"""Charts, labels and sheets in a real browser: on a phone, in the dark, in every language, and on paper."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ledger.api.middleware import SECURITY
from ledger.api.pages.languages.language import LANGUAGES, language_of
from ledger.api.pages.render import environment
from ledger.api.quota import COOKIE
from ledger.common.ids import to_hex
from ledger.registry.enrolment import personal_digest
from tests.browser.people import Service, serving
from tests.e2e.stage import CARRIER, MAKER, SHOP
from tests.unit.drawing.test_drawing import EVERY

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

pytestmark = pytest.mark.browser
STATIC = Path(__file__).resolve().parents[2] / "ledger" / "api" / "pages" / "static"
SHEETS = "".join(f'<link rel="stylesheet" href="/{name}">' for name in ("lading.css", "charts.css"))
OUTSIDE = """() => [...document.querySelectorAll('.chart > svg text')].filter(text => {
    const [own, svg] = [text.getBoundingClientRect(), text.ownerSVGElement.getBoundingClientRect()];
    return own.left < svg.left - 1 || own.right > svg.right + 1 || own.bottom > svg.bottom + 1;
}).map(text => text.textContent)"""
"""Letters of a picture that do not fit into it."""
OVER = """() => [...document.querySelectorAll('.chart > svg .axis.x')].flatMap(axis => {
    const boxes = [...axis.querySelectorAll('text')].map(text => text.getBoundingClientRect());
    return boxes.slice(1).filter((box, i) => box.left < boxes[i].right).map(box => box.left);
})"""
"""Names of places that stand on each other."""
PALE = """() => {
    const numbers = colour => colour.match(/[\\d.]+/g).slice(0, 3).map(Number);
    const light = colour => numbers(colour).map(one => one / 255)
        .map(one => one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4)
        .reduce((sum, one, i) => sum + one * [0.2126, 0.7152, 0.0722][i], 0);
    const ground = light(getComputedStyle(document.body).backgroundColor);
    return [...document.querySelectorAll('.chart svg text, .chart svg .series rect, .chart svg circle')].filter(one => {
        const own = light(getComputedStyle(one).fill);
        const ratio = (Math.max(own, ground) + 0.05) / (Math.min(own, ground) + 0.05);
        return ratio < (one.tagName === 'text' ? 4.5 : 3);
    }).map(one => one.parentNode.getAttribute('class') + ' ' + getComputedStyle(one).fill);
}"""
"""What is too pale by WCAG 2.2 (1.4.3 and 1.4.11)."""


def charts_page(page: "Page", tag: str) -> list[str]:
    """All kinds of charts in one language under the policy of our pages; what the browser complained of."""
    chart = environment(language_of(tag)).filters["chart"]
    body = "".join(str(chart(one, f"k{i}", "Ningbo → Rotterdam")) for i, one in enumerate(EVERY))

    def answer(route: "Route") -> None:
        path = STATIC / route.request.url.rsplit("/", 1)[1]
        if path.suffix == ".css":
            route.fulfill(body=path.read_text(), content_type="text/css")
        else:
            head = f'<!doctype html><html lang="{tag}"><head>{SHEETS}</head>'
            text = f'{head}<body><main><div class="charts">{body}</div></main>'
            route.fulfill(body=text, content_type="text/html; charset=utf-8", headers=SECURITY)

    complaints: list[str] = []
    page.on("console", lambda told: complaints.append(told.text))
    page.route("**", answer)
    page.goto("http://charts.test/page")
    return complaints


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_charts_fit_a_phone_in_every_language_and_scheme(browser: "Browser", scheme: str) -> None:
    context = browser.new_context(viewport={"width": 360, "height": 700}, color_scheme=scheme)  # type: ignore[arg-type]
    for tag in LANGUAGES:
        page = context.new_page()
        assert charts_page(page, tag) == [], "nothing that the policy forbids"
        assert page.locator(".chart > svg").count() == len(EVERY)
        page.evaluate("() => document.querySelectorAll('details').forEach(one => one.open = true)")
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, tag
        for script in (OUTSIDE, OVER, PALE):
            assert page.evaluate(script) == [], (tag, script)
        page.close()
    context.close()


def test_on_paper_colours_are_light_and_tables_are_open(browser: "Browser") -> None:
    context = browser.new_context(color_scheme="dark")
    page = context.new_page()
    charts_page(page, "en")
    table = page.locator(".chart table").first
    assert not table.is_visible()
    page.emulate_media(media="print")
    assert table.is_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate(PALE) == []
    context.close()


# --- paper -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def service(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with serving(founded, tmp_path_factory.mktemp("paper") / "home") as running:
        yield running


def pages_of(pdf: bytes) -> list[tuple[int, int]]:
    """Width and height of each page in millimetres."""
    boxes = re.findall(rb"/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)", pdf)
    return [(round(float(wide) * 25.4 / 72), round(float(high) * 25.4 / 72)) for wide, high in boxes]


def signed_in(browser: "Browser", service: Service, who: int) -> "Page":
    context = browser.new_context(viewport={"width": 360, "height": 700}, color_scheme="dark")
    page = context.new_page()
    (key,) = service.stage.keys([who])
    asked = page.request.get(f"{service.url}/v1/session/challenge?address={to_hex(key.address)}").json()["message"]
    signature = to_hex(key.sign_digest(personal_digest(asked.encode())))
    token = page.request.post(f"{service.url}/v1/session", data={"message": asked, "signature": signature}).json()
    context.add_cookies([{"name": COOKIE, "value": token["token"], "url": service.url}])
    return page


def test_a_label_is_one_a6_page_and_a_sheet_is_a4_black_on_white(browser: "Browser", service: Service) -> None:
    stage = service.stage
    shipment = stage.open()
    handoff = stage.hand(MAKER, CARRIER, (shipment, 0, 10))
    page = signed_in(browser, service, SHOP)
    papers = {f"/shipments/{to_hex(shipment)}/label": (105, 148), f"/records/{to_hex(handoff)}/sheet": (210, 297)}
    for path, size in papers.items():
        answer = page.goto(f"{service.url}{path}")
        assert answer is not None
        assert answer.status == 200, page.content()
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        assert page.evaluate("getComputedStyle(document.querySelector('.qr path[stroke]')).stroke") == "rgb(0, 0, 0)"
        assert pages_of(page.pdf(prefer_css_page_size=True)) == [size]
    page.context.close()
