"""The trust file is pinned at the first visit, given as a file or printed in the link, and another one is refused."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.bundle.format import trust_fingerprint
from ledger.common.canonical import canonical_json
from ledger.common.ids import to_hex
from ledger.log.leaf import LogSigner
from tests.browser.lies import Forgery, flipped, shown_by_the_log, text_of
from tests.browser.reading import Answer, Reader
from tests.browser.shelf import AUTHENTIC, RECALLED, REVOKED, Shelf, attestation
from tests.e2e.stage import MAKER

pytestmark = pytest.mark.browser
BUNDLE, CONSORTIUM = "/v1/products/bundle/", "/v1/consortium"
CHECKPOINT, CONSISTENCY = "/v1/log/checkpoint", "/v1/log/proof/consistency"
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
    forged = Forgery.of(shelf, honest).bundle(AUTHENTIC, honest, log)
    key = to_hex(log.identity.public_key)
    return shown_by_the_log(forged) | {CONSORTIUM: changed(lambda trust: trust["logs"][0].update(key=key))}


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


def first_visit(reader: Reader) -> None:
    assert reader.open(RECALLED).verdict == "recalled"


@pytest.mark.parametrize("name", CHANGES)
def test_another_trust_file_than_the_pinned_one_is_a_no(reader: Reader, shelf: Shelf, name: str) -> None:
    first_visit(reader)
    shown = reader.open(AUTHENTIC, alter={CONSORTIUM: changed(CHANGES[name])})
    assert (shown.verdict, shown.refused, shown.errors) == ("refused", ["trust"], [])


def test_a_first_visit_says_that_it_takes_the_services_own(reader: Reader, shelf: Shelf) -> None:
    first, second = reader.open(AUTHENTIC), reader.open(AUTHENTIC)
    assert "trust" in first.unchecked
    assert trust_fingerprint(shelf.trust) in first.text
    assert {"trust", "memory"}.isdisjoint(second.unchecked)


def test_nothing_is_pinned_by_a_visit_that_ended_in_a_no(reader: Reader, shelf: Shelf) -> None:
    """The forger came first, and its page did not hold: the honest file is taken afterwards."""
    broken = of_stranger(shelf) | {BUNDLE: lambda text: text.replace("0x1", "0x2")}
    assert reader.open(AUTHENTIC, alter=broken).verdict == "refused"
    assert reader.open(AUTHENTIC).verdict == "authentic"


def test_a_strangers_whole_world_is_refused_once_the_file_is_pinned(reader: Reader, shelf: Shelf) -> None:
    assert reader.open(AUTHENTIC, alter=of_stranger(shelf)).verdict == "authentic"  # nobody can know better yet
    reader.forget()
    first_visit(reader)
    assert reader.open(AUTHENTIC, alter=of_stranger(shelf)).refused == ["trust"]


def test_the_fingerprint_in_the_printed_link_decides_at_the_first_visit(reader: Reader, shelf: Shelf) -> None:
    printed = f"#trust={trust_fingerprint(shelf.trust)}"
    shown = reader.open(AUTHENTIC, alter=of_stranger(shelf), fragment=printed)
    assert (shown.verdict, shown.refused) == ("refused", ["trust"])
    good = reader.open(AUTHENTIC, fragment=printed)
    assert (good.verdict, "trust" in good.unchecked) == ("authentic", False)
    reader.forget()
    assert reader.open(AUTHENTIC, fragment="#trust=0x" + "11" * 32).refused == ["trust"]
    assert reader.open(AUTHENTIC, fragment="?trust=0x" + "11" * 32).refused == ["trust"]


def test_the_link_on_the_goods_brings_its_fingerprint_along(reader: Reader, shelf: Shelf) -> None:
    """A GS1 Digital Link is redirected; what it names of the trust file is not lost on the way."""
    for named in ("#trust=", "?trust="):
        reader.forget()
        reader.page(f"/{AUTHENTIC}{named}0x{'11' * 32}").wait_for_selector(".verdict[data-checked]")
        assert reader.shown(".verdict", "data-checked").refused == ["trust"]


def test_a_trust_file_that_the_reader_gives_is_relied_on(reader: Reader, shelf: Shelf) -> None:
    """The operator's own was altered: the file from somebody else says so, and stays."""
    good = {"name": "trust.json", "mimeType": "application/json", "buffer": canonical_json(shelf.trust)}
    for altered, expected in ((None, []), (of_stranger(shelf), ["trust"])):
        reader.forget()
        page = reader.page(f"/p/{AUTHENTIC}", altered)
        page.wait_for_selector(".verdict[data-checked]")
        page.locator("summary", has_text="trust file").click()
        page.set_input_files("input[type=file]", good)  # type: ignore[arg-type]
        page.wait_for_selector(".check[data-trust=given]")
        assert reader.shown(".verdict", "data-checked").refused == expected
        shown = reader.open(AUTHENTIC)
        assert (shown.verdict, "that you gave" in shown.text) == ("authentic", True)


def test_a_file_that_names_the_logs_of_other_operators_too_is_relied_on(reader: Reader, shelf: Shelf) -> None:
    """As `lading trust --with` writes it: the service shows its own log alone, which is in it."""
    other = {"origin": "other.example/log", "key": "0x" + "11" * 32}
    both = canonical_json(shelf.trust | {"logs": [other, *shelf.trust["logs"]]})
    for text, verdict in ((both, "authentic"), (canonical_json(shelf.trust | {"logs": [other]}), "refused")):
        reader.forget()
        page = reader.page(f"/p/{AUTHENTIC}")
        page.wait_for_selector(".verdict[data-checked]")
        page.locator("summary", has_text="trust file").click()
        given: Any = {"name": "trust.json", "mimeType": "application/json", "buffer": text}
        page.set_input_files("input[type=file]", given)
        page.wait_for_selector(".check[data-trust=given]")
        assert reader.shown(".verdict", "data-checked").verdict == verdict
        assert reader.open(AUTHENTIC).verdict == verdict


def test_what_is_no_trust_file_is_not_taken(reader: Reader, shelf: Shelf) -> None:
    bad = {"name": "trust.json", "mimeType": "application/json", "buffer": b'{"lading":"trust/1"}'}
    page = reader.page(f"/p/{AUTHENTIC}")
    page.wait_for_selector(".verdict[data-checked]")
    page.locator("summary", has_text="trust file").click()
    page.set_input_files("input[type=file]", bad)  # type: ignore[arg-type]
    page.locator(".file-problem", has_text="no trust file").wait_for()
    assert reader.open(AUTHENTIC).verdict == "authentic"


# --- what the browser remembers of the log --------------------------------------------------------------------------


def test_an_older_state_than_the_browser_saw_is_a_no(reader: Reader, shelf: Shelf) -> None:
    """Honest once: the bundle from before the newest record, with everything signed as it was then."""
    before = text_of(shelf.bundle(REVOKED))
    shelf.stage.submit(attestation(shelf.stage, f"{AUTHENTIC}-9"), MAKER)
    shelf.stage.node.settle()
    first_visit(reader)
    shown = reader.open(REVOKED, alter={BUNDLE: lambda _: before})
    assert (shown.verdict, shown.refused) == ("refused", ["memory"])


def test_an_older_state_than_everybody_is_shown_is_a_no_at_the_first_visit(reader: Reader, shelf: Shelf) -> None:
    before = text_of(shelf.bundle(REVOKED))
    shelf.stage.submit(attestation(shelf.stage, f"{AUTHENTIC}-7"), MAKER)
    shelf.stage.node.settle()
    assert reader.open(REVOKED, alter={BUNDLE: lambda _: before}).refused == ["newest"]
    for note in ("", "x", shelf.bundle(REVOKED)["checkpoint"].replace("\n1", "\n2", 1)):
        reader.forget()
        assert reader.open(REVOKED, alter={CHECKPOINT: lambda _, note=note: note}).refused == ["newest"]  # type: ignore[misc]


def test_another_past_than_the_browser_saw_is_a_no(reader: Reader, shelf: Shelf) -> None:
    """The operator and all witnesses sign another history, and longer: the browser has seen the first."""
    honest = shelf.bundle(AUTHENTIC)
    forgery = Forgery.of(shelf, honest)
    while len(forgery.entries) <= honest["complete"]["size"]:
        forgery.add(attestation(shelf.stage, AUTHENTIC), *shelf.stage.keys([MAKER]))
    forged = shown_by_the_log(forgery.bundle(AUTHENTIC, honest))
    first_visit(reader)
    shown = reader.open(AUTHENTIC, alter=forged)
    assert (shown.verdict, shown.refused) == ("refused", ["memory"])
    reader.forget()
    assert reader.open(AUTHENTIC, alter=forged).verdict == "authentic"  # it never saw another
    reader.forget()
    assert reader.open(AUTHENTIC, alter={BUNDLE: forged[BUNDLE]}).refused == ["newest"]


def proof_flipped(text: str) -> str:
    said = json.loads(text)
    return json.dumps(said | {"proof": [flipped(said["proof"][0]), *said["proof"][1:]]})


def test_a_log_that_grew_is_compared_by_its_proof(reader: Reader, shelf: Shelf) -> None:
    first_visit(reader)
    shelf.stage.submit(attestation(shelf.stage, f"{AUTHENTIC}-8"), MAKER)
    shelf.stage.node.settle()
    forged = reader.open(AUTHENTIC, alter={CONSISTENCY: proof_flipped})
    away = reader.open(AUTHENTIC, alter={CONSISTENCY: lambda _: "{}"})
    grown = reader.open(AUTHENTIC)
    assert (forged.refused, away.refused) == (["memory"], ["memory"])
    assert (grown.verdict, "memory" in grown.unchecked) == ("authentic", False)
