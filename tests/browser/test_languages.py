"""A product's page for people who read other languages than English: in their own, in their own time, on a narrow
phone, and without scripts.
"""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from ledger.api.pages.languages.language import LANGUAGES
from tests.browser.reading import Reader
from tests.browser.shelf import AUTHENTIC, COPIED, DESCRIBED, RECALLED, REVOKED, SOME_RECALLED, UNKNOWN, Shelf

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Response

pytestmark = pytest.mark.browser
NARROW = {"width": 360, "height": 740}
MOST_SCRIPT = 100_000
"""Bytes of script that a product's page may load, as they come over the line."""
LATIN = re.compile(r"[A-Za-z]{3,}")
NAMES = re.compile(
    r"Partner \d+|Maker|GTIN|GS1|UTC|https?://\S+|lading verify|witness-\d|\S+@\S+|\S*demo\S*|0x\w+|GMT\+8|\S*…\S*"
)
DATA = "/v1/products/data/"
PICTURES = "/v1/products/pictures/"


@pytest.fixture(scope="module")
def in_chinese(browser: "Browser", shelf: Shelf) -> Iterator[Reader]:
    """A consumer's narrow phone in Shanghai."""
    context = browser.new_context(viewport=NARROW, locale="zh-CN", timezone_id="Asia/Shanghai")  # type: ignore[arg-type]
    yield Reader(context, shelf)
    context.close()


@pytest.fixture
def consumer(in_chinese: Reader) -> Reader:
    in_chinese.forget()
    return in_chinese


def latin_words(page: "Page") -> list[str]:
    """What stands on the page with Latin letters, but for names, codes and addresses."""
    text = page.locator("main").inner_text().replace(COPIED.rpartition("/")[2], "")
    return LATIN.findall(NAMES.sub(" ", text))


def test_a_consumer_reads_in_chinese_that_a_product_is_recalled_and_what_to_do(consumer: Reader) -> None:
    shown = consumer.open(RECALLED)
    page = consumer.current
    assert (shown.verdict, shown.heading, shown.errors) == ("recalled", "已召回", [])
    assert page.locator("html").get_attribute("lang") == "zh-CN"
    assert page.locator(".todo p").inner_text() == "不要使用；请退回购买处。 联系方式：recall@maker.example"
    assert "GMT+8" in page.locator(".check .status").inner_text()
    assert latin_words(page) == []


def test_a_consumer_reads_in_chinese_that_a_code_is_in_other_hands(consumer: Reader) -> None:
    shown = consumer.open(COPIED)
    assert (shown.verdict, shown.heading, shown.errors) == ("careful", "请小心", [])
    assert "此代码只能使用一次" in shown.text
    assert latin_words(consumer.current) == []


def test_name_brand_and_picture_are_those_that_the_brand_signed(consumer: Reader) -> None:
    shown = consumer.open(DESCRIBED)
    goods = consumer.current.locator(".goods")
    assert (shown.verdict, shown.refused, shown.errors) == ("authentic", [], [])
    assert goods.locator(".product-name").inner_text() == "婴儿配方奶粉"
    assert goods.locator(".brand-name").inner_text() == "Maker"
    assert goods.locator("img").get_attribute("alt") == "婴儿配方奶粉"
    assert (goods.locator("img").get_attribute("src") or "").startswith("data:image/png;base64,")
    assert goods.locator(".whose").is_hidden()


def test_another_name_or_picture_than_the_signed_one_is_a_no(reader: Reader) -> None:
    renamed = reader.open(DESCRIBED, alter={DATA: lambda text: text.replace("Infant", "Organic infant")})
    assert (renamed.verdict, renamed.refused) == ("refused", ["product"])
    assert reader.current.locator(".goods").is_hidden()
    redrawn = reader.open(DESCRIBED, alter={PICTURES: lambda _: "another picture"})
    assert (redrawn.verdict, redrawn.refused) == ("refused", ["picture"])
    assert reader.current.locator(".goods").is_hidden()


def test_a_description_is_no_word_for_the_goods(reader: Reader, shelf: Shelf) -> None:
    """The brand describes the product of a lot that it vouches for; taken alone it would vouch for nothing."""
    shown = reader.open(DESCRIBED)
    reasons = reader.current.locator(".steps li[data-step=verdict]").all_inner_texts()
    assert (shown.verdict, len(reasons)) == ("authentic", 1)
    answer = shelf.stage.node.reader.products.look_up(DESCRIBED)
    assert [reason["code"] for reason in answer["why"]] == ["attested", "copy caution"]
    assert answer["product"]["names"]["en"] == "Infant formula"


@pytest.mark.parametrize("tag", LANGUAGES)
def test_nothing_lies_beyond_a_narrow_screen_in_any_language(in_chinese: Reader, shelf: Shelf, tag: str) -> None:
    page = in_chinese.current
    record = f"/records/0x{shelf.ids['recall'].hex()}"
    ways = ("/", "/p", "/log", "/recalls", "/partners", record, f"/recalls/0x{shelf.ids['recall'].hex()}", "/sign-in")
    for path in (*ways, *(f"/p/{code}" for code in (AUTHENTIC, RECALLED, REVOKED, UNKNOWN, SOME_RECALLED, DESCRIBED))):
        in_chinese.page(f"{path}?lang={tag}")
        if path.startswith("/p/"):
            page.wait_for_selector(".verdict[data-checked]")
        page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
        assert page.locator("html").get_attribute("lang") == tag
        assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"], (path, tag)


def test_a_product_page_loads_little_script(consumer: Reader) -> None:
    page = consumer.current
    scripts: list[Response] = []
    page.on("response", lambda answer: scripts.append(answer) if ".js" in answer.url else None)
    consumer.open(AUTHENTIC)
    assert any("/static/languages/zh-CN.js" in answer.url for answer in scripts)
    loaded = {answer.url: answer.request.sizes()["responseBodySize"] for answer in scripts}
    assert 0 < sum(loaded.values()) <= MOST_SCRIPT, loaded


def test_without_scripts_the_page_gives_the_services_word_asks_and_changes_its_language(
    browser: "Browser", shelf: Shelf
) -> None:
    context = browser.new_context(viewport=NARROW, locale="zh-TW", java_script_enabled=False)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{shelf.url}/p/{SOME_RECALLED}")
    assert page.locator("h1").inner_text() == "服务方称：是哪一个？"
    page.locator("footer button", has_text="Deutsch").click()
    assert page.url == f"{shelf.url}/p/{SOME_RECALLED}"
    assert page.locator("h1").inner_text() == "Der Dienst sagt: welches?"
    page.locator(".todo input[name=lot]").fill("L2")
    page.locator(".todo button").click()
    assert page.url == f"{shelf.url}/p/01/{SOME_RECALLED[3:17]}/10/L2"
    assert page.locator("h1").inner_text() == "Der Dienst sagt: zurückgerufen"
    page.locator("summary", has_text="Seriennummer").click()
    page.locator("details input[name=serial]").fill("000001")
    page.locator("details form button").first.click()
    assert page.url == f"{shelf.url}/p/{RECALLED}"
    context.close()
