"""Files checked in the browser alone: dropped, chosen or pasted, without a network, with a bit flipped at each step."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ledger.common.canonical import canonical_json
from scripts.vectors.bundles import patched
from tests.browser.reading import PHONE, TIMEOUT
from tests.browser.shelf import Shelf

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, FilePayload, Page

pytestmark = pytest.mark.browser
FOLDER = Path(__file__).resolve().parents[2] / "docs" / "vectors" / "bundles"
DROP = """([files]) => {
  const data = new DataTransfer();
  for (const { name, text } of files) data.items.add(new File([text], name));
  const drop = new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer: data });
  document.querySelector("main").dispatchEvent(drop);
}"""


def text_of(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


def payload(name: str, text: str) -> "FilePayload":
    return {"name": name, "mimeType": "application/json", "buffer": text.encode()}


class Desk:
    """The verify page, loaded once and then cut off; `asked`: what it asked for since."""

    def __init__(self, page: "Page", url: str) -> None:
        self.page = page
        self.asked: list[str] = []
        self.errors: list[str] = []
        page.set_default_timeout(TIMEOUT)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.goto(f"{url}/verify")
        page.wait_for_selector("#files:not([hidden])")
        page.wait_for_load_state("networkidle")
        page.on("request", lambda request: self.asked.append(request.url))
        page.context.set_offline(True)

    def clear(self) -> None:
        while self.page.locator("#listing button").count():
            self.page.locator("#listing button").first.click()

    def check(self, files: dict[str, str]) -> dict[str, Any]:
        """Choose files and wait for the verdict of the first: {result, said, steps: {name: class}}."""
        self.clear()
        self.page.set_input_files("#chosen", [payload(name, text) for name, text in files.items()])
        return self.verdict()

    def verdict(self) -> dict[str, Any]:
        self.page.wait_for_selector("#results section[data-result]")
        section = self.page.locator("#results section").first
        steps = section.locator("li").evaluate_all("lines => lines.map((line) => [line.dataset.step, line.className])")
        said = section.locator(".status").inner_text()
        return {"result": section.get_attribute("data-result"), "said": said, "steps": dict(steps)}


@pytest.fixture(scope="module")
def desk(browser: "Browser", shelf: Shelf) -> "Iterator[Desk]":
    context = browser.new_context(viewport=PHONE)  # type: ignore[arg-type]
    yield Desk(context.new_page(), shelf.url)
    context.close()


def vector(file: str, name: str) -> dict[str, Any]:
    vectors: list[dict[str, Any]] = json.loads(text_of(file))["vectors"]
    return next(one for one in vectors if one["name"] == name)


def test_a_bundle_is_checked_without_a_network_and_what_is_not_checked_is_never_green(desk: Desk) -> None:
    found = desk.check({"trust.json": text_of("trust.json"), "shipment.json": text_of("shipment.json")})
    assert (found["result"], found["steps"].pop("figures")) == ("unchecked", "skip-step")
    assert set(found["steps"].values()) == {"yes"}
    assert "Not checked here: Figures" in found["said"]
    assert "By the trust file trust.json" in desk.page.inner_text("#trust-said")
    product = desk.check({"trust.json": text_of("trust.json"), "product.json": text_of("product.json")})
    assert (product["result"], set(product["steps"].values())) == ("yes", {"yes"})
    assert (desk.asked, desk.errors) == ([], [])


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("bad.json", "hex in capitals"), ("bad.json", "a log that is not trusted"),
        ("bad.json", "a checkpoint of another size"), ("bad-more.json", "one cosignature stripped"),
        ("bad-more.json", "times by nobody, signed by the log"), ("bad.json", "an opened part altered"),
        ("bad.json", "a registry change omitted, the proof mended"), ("bad.json", "another subject"),
        ("bad.json", "an award without its rule file"),
    ],
)  # fmt: skip
def test_the_step_that_fails_is_named_in_words(desk: Desk, file: str, name: str) -> None:
    one = vector(file, name)
    text = canonical_json(patched(json.loads(text_of(one["of"])), one["patch"])).decode()
    found = desk.check({one.get("trust", "trust.json"): text_of(one.get("trust", "trust.json")), "bundle.json": text})
    assert found["result"] == "no"
    assert [step for step, said in found["steps"].items() if said == "no"] == [one["step"]]
    assert found["said"].startswith("It does not hold. The step that fails:")
    assert (desk.asked, desk.errors) == ([], [])


def test_files_are_dropped_and_pasted_too(desk: Desk) -> None:
    desk.clear()
    files = [{"name": "t.json", "text": text_of("trust.json")}, {"name": "p.json", "text": text_of("partner.json")}]
    desk.page.evaluate(DROP, [files])
    assert desk.verdict()["result"] == "unchecked"
    desk.clear()
    note = json.loads(text_of("shipment.json"))["checkpoint"]
    desk.page.click("summary:has-text('Paste')")
    for text in (text_of("trust.json"), note.rstrip("\n")):
        desk.page.fill("#pasted", text)
        desk.page.press("#pasted", "Tab")
        desk.page.keyboard.press("Enter")
    found = desk.verdict()
    desk.page.click("summary:has-text('Paste')")
    assert found["steps"] == {"format": "yes", "log": "yes", "checkpoint": "yes", "witnesses": "skip-step"}
    assert found["result"] == "unchecked"


def test_without_a_trust_file_nothing_is_claimed(desk: Desk) -> None:
    desk.clear()
    desk.page.set_input_files("#chosen", [payload("shipment.json", text_of("shipment.json"))])
    desk.page.wait_for_selector("#trust-said:has-text('Add the trust file')")
    assert "Add the trust file" in desk.page.inner_text("#trust-said")
    assert desk.page.locator("#results section").count() == 0


def test_it_fits_a_narrow_phone(desk: Desk) -> None:
    desk.page.set_viewport_size({"width": 360, "height": 780})
    desk.check({"trust.json": text_of("trust.json"), "shipment.json": text_of("shipment.json")})
    assert desk.page.evaluate("document.documentElement.scrollWidth") <= 360
    desk.page.set_viewport_size(PHONE)  # type: ignore[arg-type]


def test_the_browser_itself_lets_the_page_ask_nobody(browser: "Browser", shelf: Shelf) -> None:
    """Its Content-Security-Policy, not its good will."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{shelf.url}/verify")
    assert page.evaluate("fetch('/v1/log').then(() => 'answered', () => 'refused')") == "refused"
    context.close()
