"""The trust file is pinned at the first visit, given as a file or printed in the link, and another one is refused."""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.bundle.format import trust_fingerprint
from ledger.common.canonical import canonical_json
from ledger.common.ids import to_hex
from ledger.log.leaf import LogSigner
from tests.browser.lies import Forgery, flipped, text_of
from tests.browser.reading import Answer, Reader, reader
from tests.browser.shelf import AUTHENTIC, RECALLED, REVOKED, Shelf, attestation
from tests.e2e.stage import MAKER

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser
BUNDLE, CONSORTIUM, CONSISTENCY = "/v1/products/bundle/", "/v1/consortium", "/v1/log/proof/consistency"
STRANGER = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
Change = Callable[[dict[str, Any]], object]


def changed(change: Change) -> Answer:
    def answer(text: str) -> str:
        said = json.loads(text)
        change(said["trust"])
        return json.dumps(said)

    return answer


def of_stranger(shelf: Shelf) -> dict[str, Answer]:
    """A world in which everything fits: a stranger's log, and the trust file that names it."""
    honest = shelf.bundle(AUTHENTIC)
    log = LogSigner(honest["origin"], STRANGER)
    text = text_of(Forgery.of(shelf, honest).bundle(AUTHENTIC, honest, log))
    key = to_hex(log.identity.public_key)
    return {BUNDLE: lambda _: text, CONSORTIUM: changed(lambda trust: trust["logs"][0].update(key=key))}


CHANGES: dict[str, Change] = {
    "another log's key": lambda trust: trust["logs"][0].update(key="0x" + "11" * 32),
    "another council": lambda trust: trust["genesis"].update(council=["0x" + "11" * 20], threshold=1),
    "a lower threshold of the council": lambda trust: trust["genesis"].update(threshold=1),
    "no delay": lambda trust: trust["genesis"].update(delay=0),
    "another registry": lambda trust: trust.update(registry="0x" + "11" * 20),
    "another consortium": lambda trust: trust.update(consortiumId="0x" + "11" * 32),
    "no witnesses": lambda trust: trust.pop("witnesses"),
    "fewer witnesses": lambda trust: trust["witnesses"].update(threshold=1),
    "no trust file": lambda trust: trust.clear(),
}


def first_visit(one: Reader) -> None:
    assert one.open(RECALLED).verdict == "recalled"


@pytest.mark.parametrize("name", CHANGES)
def test_another_trust_file_than_the_pinned_one_is_a_no(browser: "Browser", shelf: Shelf, name: str) -> None:
    with reader(browser, shelf) as one:
        first_visit(one)
        shown = one.open(AUTHENTIC, alter={CONSORTIUM: changed(CHANGES[name])})
    assert (shown.verdict, shown.refused, shown.errors) == ("refused", ["trust"], [])


def test_a_first_visit_says_that_it_takes_the_services_own(browser: "Browser", shelf: Shelf) -> None:
    with reader(browser, shelf) as one:
        first, second = one.open(AUTHENTIC), one.open(AUTHENTIC)
    assert "trust" in first.unchecked
    assert trust_fingerprint(shelf.trust) in first.text
    assert {"trust", "memory"}.isdisjoint(second.unchecked)


def test_nothing_is_pinned_by_a_visit_that_ended_in_a_no(browser: "Browser", shelf: Shelf) -> None:
    """The forger came first, and its page did not hold: the honest file is taken afterwards."""
    with reader(browser, shelf) as one:
        broken = of_stranger(shelf) | {BUNDLE: lambda text: text.replace("0x1", "0x2")}
        assert one.open(AUTHENTIC, alter=broken).verdict == "refused"
        assert one.open(AUTHENTIC).verdict == "authentic"


def test_a_strangers_whole_world_is_refused_once_the_file_is_pinned(browser: "Browser", shelf: Shelf) -> None:
    with reader(browser, shelf) as one:
        assert one.open(AUTHENTIC, alter=of_stranger(shelf)).verdict == "authentic"  # nobody can know better yet
    with reader(browser, shelf) as one:
        first_visit(one)
        assert one.open(AUTHENTIC, alter=of_stranger(shelf)).refused == ["trust"]


def test_the_fingerprint_in_the_printed_link_decides_at_the_first_visit(browser: "Browser", shelf: Shelf) -> None:
    printed = f"#trust={trust_fingerprint(shelf.trust)}"
    with reader(browser, shelf) as one:
        shown = one.open(AUTHENTIC, alter=of_stranger(shelf), fragment=printed)
        assert (shown.verdict, shown.refused) == ("refused", ["trust"])
        good = one.open(AUTHENTIC, fragment=printed)
        assert (good.verdict, "trust" in good.unchecked) == ("authentic", False)
    with reader(browser, shelf) as one:
        assert one.open(AUTHENTIC, fragment="#trust=0x" + "11" * 32).refused == ["trust"]
        assert one.open(AUTHENTIC, fragment="?trust=0x" + "11" * 32).refused == ["trust"]


def test_the_link_on_the_goods_brings_its_fingerprint_along(browser: "Browser", shelf: Shelf) -> None:
    """A GS1 Digital Link is redirected; what it names of the trust file is not lost on the way."""
    for named in ("#trust=", "?trust="):
        with reader(browser, shelf) as one, one.page(f"/{AUTHENTIC}{named}0x{'11' * 32}") as page:
            page.wait_for_selector(".verdict[data-checked]")
            assert one.shown(page, ".verdict", "data-checked").refused == ["trust"]


def test_a_trust_file_that_the_reader_gives_is_relied_on(browser: "Browser", shelf: Shelf) -> None:
    """The operator's own was altered: the file from somebody else says so, and stays."""
    good = {"name": "trust.json", "mimeType": "application/json", "buffer": canonical_json(shelf.trust)}
    for altered, expected in ((None, []), (of_stranger(shelf), ["trust"])):
        with reader(browser, shelf) as one:
            with one.page(f"/p/{AUTHENTIC}", altered) as page:
                page.wait_for_selector(".verdict[data-checked]")
                page.locator("summary", has_text="trust file").click()
                page.set_input_files("input[type=file]", good)  # type: ignore[arg-type]
                page.wait_for_selector(".check[data-trust=given]")
                assert one.shown(page, ".verdict", "data-checked").refused == expected
            shown = one.open(AUTHENTIC)
            assert (shown.verdict, "that you gave" in shown.text) == ("authentic", True)


def test_what_is_no_trust_file_is_not_taken(browser: "Browser", shelf: Shelf) -> None:
    bad = {"name": "trust.json", "mimeType": "application/json", "buffer": b'{"lading":"trust/1"}'}
    with reader(browser, shelf) as one:
        with one.page(f"/p/{AUTHENTIC}") as page:
            page.wait_for_selector(".verdict[data-checked]")
            page.locator("summary", has_text="trust file").click()
            page.set_input_files("input[type=file]", bad)  # type: ignore[arg-type]
            page.wait_for_function("document.querySelector('.file-problem').textContent !== ''")
        assert one.open(AUTHENTIC).verdict == "authentic"


# --- what the browser remembers of the log --------------------------------------------------------------------------


def test_an_older_state_than_the_browser_saw_is_a_no(browser: "Browser", shelf: Shelf) -> None:
    """Honest once: the bundle from before the newest record, with everything signed as it was then."""
    before = text_of(shelf.bundle(REVOKED))
    shelf.stage.sign(attestation(shelf.stage, f"{AUTHENTIC}-9"), MAKER)
    shelf.stage.node.settle()
    with reader(browser, shelf) as one:
        first_visit(one)
        shown = one.open(REVOKED, alter={BUNDLE: lambda _: before})
    assert (shown.verdict, shown.refused) == ("refused", ["memory"])


def test_another_past_than_the_browser_saw_is_a_no(browser: "Browser", shelf: Shelf) -> None:
    """The operator and all witnesses sign another history, and longer: the browser has seen the first."""
    honest = shelf.bundle(AUTHENTIC)
    forgery = Forgery.of(shelf, honest)
    while len(forgery.entries) <= honest["complete"]["size"]:
        forgery.add(attestation(shelf.stage, AUTHENTIC), *shelf.stage.keys([MAKER]))
    text = text_of(forgery.bundle(AUTHENTIC, honest))
    with reader(browser, shelf) as one:
        first_visit(one)
        shown = one.open(AUTHENTIC, alter={BUNDLE: lambda _: text})
        assert (shown.verdict, shown.refused) == ("refused", ["memory"])
    with reader(browser, shelf) as one:
        assert one.open(AUTHENTIC, alter={BUNDLE: lambda _: text}).verdict == "authentic"  # it never saw another


def proof_flipped(text: str) -> str:
    said = json.loads(text)
    return json.dumps(said | {"proof": [flipped(said["proof"][0]), *said["proof"][1:]]})


def test_a_log_that_grew_is_compared_by_its_proof(browser: "Browser", shelf: Shelf) -> None:
    with reader(browser, shelf) as one:
        first_visit(one)
        shelf.stage.sign(attestation(shelf.stage, f"{AUTHENTIC}-8"), MAKER)
        shelf.stage.node.settle()
        forged = one.open(
            AUTHENTIC, alter={CONSISTENCY: lambda text: text.replace("0x", "0x00", 1).replace("0x0", "0x")}
        )
        grown = one.open(AUTHENTIC)
    assert forged.refused == ["memory"]
    assert (grown.verdict, "memory" in grown.unchecked) == ("authentic", False)
