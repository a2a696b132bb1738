"""Pages say no more than was checked: of the service's own word, of what could not be checked, of single records."""

import json
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from ledger.common.ids import to_hex
from ledger.common.periods import DAY
from tests.api.world import GTIN
from tests.browser.lies import flipped
from tests.browser.reading import Answer, Reader
from tests.browser.shelf import AUTHENTIC, AUTHENTIC_ITEM, EXPIRED, OTHERS, RECALLED, REVOKED, UNKNOWN, Shelf

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser
BUNDLE = "/v1/products/bundle/"


# --- the service's word ---------------------------------------------------------------------------------------------


def test_before_its_check_and_without_scripts_a_page_claims_nothing(browser: "Browser", shelf: Shelf) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{shelf.url}/p/{AUTHENTIC}")
    banner = page.locator(".verdict")
    assert (banner.get_attribute("class"), banner.get_attribute("data-checked")) == ("verdict claimed", None)
    assert page.inner_text(".verdict h1") == "The service says: authentic"
    assert "Not checked yet" in page.inner_text(".verdict")
    assert "has checked" not in page.inner_text("main")
    context.close()


@pytest.mark.parametrize(
    ("path", "verdict"),
    [(RECALLED, "recalled"), (REVOKED, "revoked"), (EXPIRED, "expired"), (OTHERS, "unknown"), (UNKNOWN, "unknown")],
)
def test_where_service_and_records_differ_the_records_stand(
    reader: Reader, shelf: Shelf, path: str, verdict: str
) -> None:
    """The page says that all of them are attested: recalled, revoked, expired, another's brand, never heard of."""

    def claim(text: str) -> str:
        return re.sub('data-code-of-reason="[^"]*"', 'data-code-of-reason="attested"', text)

    shown = reader.open(path, alter={f"/p/{path}": claim})
    assert (shown.verdict, shown.refused) == (verdict, ["differs"])
    assert "The service says “Authentic”" in shown.text


def test_a_log_that_stands_still_is_said_to_be_old(browser: "Browser", shelf: Shelf) -> None:
    """It may be quiet, or somebody shows an old state to a browser that never saw a newer one."""
    context = browser.new_context()
    for days, old in ((6, False), (8, True)):
        shown = Reader(context, shelf, shelf.stage.now + days * DAY).open(AUTHENTIC)
        assert (shown.verdict, "age" in shown.unchecked) == ("authentic", old)
    context.close()


def test_a_service_that_warns_is_heard_and_its_word_is_called_its_own(reader: Reader, shelf: Shelf) -> None:
    def warn(text: str) -> str:
        return text.replace('data-code-of-reason="copy caution"', 'data-code-of-reason="off the market"')

    shown = reader.open(AUTHENTIC_ITEM, alter={f"/p/{AUTHENTIC_ITEM}": warn})
    assert (shown.verdict, shown.refused) == ("careful", [])
    assert "Your browser cannot check that" in shown.text


def test_a_page_about_another_code_than_its_address_is_a_no(reader: Reader, shelf: Shelf) -> None:
    """The page of an authentic product under the address of the one that was scanned."""

    def claim(text: str) -> str:
        return text.replace(f'data-code="{UNKNOWN}"', f'data-code="{AUTHENTIC}"')

    shown = reader.open(UNKNOWN, alter={f"/p/{UNKNOWN}": claim})
    assert (shown.verdict, shown.refused) == ("refused", ["subject"])


@pytest.mark.parametrize(
    "path", [AUTHENTIC.replace("01/0", "01/"), f"some/prefix/{AUTHENTIC}", f"01/{GTIN}/10/%4C1", f"{AUTHENTIC}/"]
)
def test_other_spellings_of_a_code_are_the_same_product(reader: Reader, path: str) -> None:
    assert reader.open(path).verdict == "authentic"


def test_what_was_scanned_is_shown_as_the_address_says_it(reader: Reader, shelf: Shelf) -> None:
    def claim(text: str) -> str:
        return text.replace(">000001<", ">999999<")

    shown = reader.open(AUTHENTIC_ITEM, alter={f"/p/{AUTHENTIC_ITEM}": claim})
    assert (shown.verdict, "999999" in shown.text, "000001" in shown.text) == ("authentic", False, True)


# --- what cannot be checked -----------------------------------------------------------------------------------------


def test_without_ed25519_the_page_says_so_and_nothing_is_green(browser: "Browser", shelf: Shelf) -> None:
    context = browser.new_context()
    context.add_init_script("SubtleCrypto.prototype.importKey = () => Promise.reject(new Error('not supported'));")
    shown = Reader(context, shelf).open(AUTHENTIC)
    context.close()
    assert (shown.verdict, shown.refused, shown.unchecked[-1]) == ("unchecked", [], "checkpoint")


@pytest.mark.parametrize("part", [BUNDLE, "/v1/consortium"])
def test_without_an_answer_the_page_says_so_and_nothing_is_green(browser: "Browser", shelf: Shelf, part: str) -> None:
    context = browser.new_context()
    context.route(lambda url: part in url, lambda route: route.fulfill(status=503, body="{}"))
    shown = Reader(context, shelf).open(AUTHENTIC)
    context.close()
    assert (shown.verdict, shown.refused, shown.unchecked[-1]) == ("unchecked", [], "service")


@pytest.mark.parametrize("text", ["", "[]", "null", "{", '{"lading":"bundle/2"}', "<html>"])
def test_an_answer_that_is_no_bundle_is_a_no(reader: Reader, shelf: Shelf, text: str) -> None:
    shown = reader.open(AUTHENTIC, alter={BUNDLE: lambda _: text})
    assert (shown.verdict, shown.refused, shown.errors) == ("refused", ["format"], [])


# --- pages of single records ----------------------------------------------------------------------------------------


def altered(change: Callable[[dict[str, Any]], object]) -> Answer:
    def answer(text: str) -> str:
        said = json.loads(text)
        change(said)
        return json.dumps(said)

    return answer


def _signature_flipped(view: dict[str, Any]) -> None:
    view["signatures"] = [flipped(view["signatures"][0], 100)]


def _log_signature_flipped(proof: dict[str, Any]) -> None:
    lines = proof["checkpoint"].split("\n")
    lines[4] = lines[4][:-9] + ("A" if lines[4][-9] != "A" else "B") + lines[4][-8:]
    proof["checkpoint"] = "\n".join(lines)


def test_a_records_page_says_whose_word_the_keys_are(reader: Reader, shelf: Shelf) -> None:
    shown = reader.open_record(f"/records/{to_hex(shelf.ids['L1'])}")
    assert (shown.verdict, shown.refused, shown.errors) == ("yes", [], [])
    assert "keys" in shown.unchecked
    assert "Your browser has checked this much itself:" in shown.text


@pytest.mark.parametrize(("pools", "verdict"), [(["0x" + "11" * 20, "0x" + "22" * 20], "yes"), ([], "no")])
def test_a_record_has_its_fingerprint_under_any_of_the_pools(
    reader: Reader, shelf: Shelf, pools: list[str], verdict: str
) -> None:
    """Records that are no money's bind none of them; without any, nothing has a fingerprint."""
    path = f"/records/{to_hex(shelf.ids['L1'])}"
    shown = reader.open_record(path, alter={"/v1/consortium": altered(lambda said: said.update(pools=pools))})
    assert (shown.verdict, shown.refused, shown.errors) == (verdict, [] if pools else ["content"], [])


RECORD_LIES: dict[str, tuple[str, str, Callable[[dict[str, Any]], object]]] = {
    "keys emptied": ("", "signatures", lambda view: view.update(signatures=[])),
    "a signature flipped": ("", "inclusion", _signature_flipped),
    "the text altered": ("", "content", lambda view: view["message"].update(by=3)),
    "another record": ("", "subject", lambda view: view.update(id="0x" + "11" * 32)),
    "another time": ("", "inclusion", lambda v: v["log"].update(logged_at=v["log"]["logged_at"] + 1)),
    "an outcome in its place": ("", "content", lambda view: view.update(type="Outcome", signatures=[])),
    "a tree of one leaf": ("/proof", "inclusion", lambda p: p.update(index=0, size=1, proof=[], root=p["leafHash"])),
    "another index": ("/proof", "inclusion", lambda proof: proof.update(index=proof["index"] + 1)),
    "the proof flipped": ("/proof", "inclusion", lambda p: p.update(proof=[flipped(p["proof"][0]), *p["proof"][1:]])),
    "a cosignature stripped": (
        "/proof", "witnesses", lambda p: p.update(checkpoint="\n".join([*p["checkpoint"].split("\n")[:-2], ""])),
    ),
    "the log's signature flipped": ("/proof", "checkpoint", _log_signature_flipped),
}  # fmt: skip


@pytest.mark.parametrize("name", RECORD_LIES)
def test_an_altered_record_is_a_no_on_its_page(reader: Reader, shelf: Shelf, name: str) -> None:
    where, step, change = RECORD_LIES[name]
    path = to_hex(shelf.ids["L1"])
    shown = reader.open_record(f"/records/{path}", alter={f"/v1/records/{path}{where}": altered(change)})
    assert (shown.verdict, shown.refused, shown.errors) == ("no", [step], []), shown.text


def test_the_logs_page_checks_the_log(reader: Reader, shelf: Shelf) -> None:
    assert reader.open_record("/log").verdict == "yes"
    shown = reader.open_record("/log", alter={"/v1/log/checkpoint": lambda text: text.rsplit("—", 1)[0]})
    assert (shown.verdict, shown.refused) == ("no", ["witnesses"])
