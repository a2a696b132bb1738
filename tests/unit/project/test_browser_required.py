"""The tests of pages are never skipped where it counts: without a Chromium they fail in CI, and only there."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.browser.conftest import chromium_or_else

ROOT = Path(__file__).resolve().parents[3]
TEST = "tests/browser/products/test_product_pages.py::test_that_lots_are_attested_is_called_the_services_word"


@pytest.mark.parametrize(
    ("setting", "outcome"),
    [({}, pytest.skip.Exception), ({"CI": "true"}, pytest.fail.Exception),
     ({"LADING_REQUIRE_BROWSER": "1"}, pytest.fail.Exception)],
    ids=["elsewhere", "CI", "required"],
)  # fmt: skip
def test_a_missing_browser_fails_where_it_is_required_and_is_skipped_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, setting: dict[str, str], outcome: type[BaseException]
) -> None:
    for name in ("CI", "LADING_REQUIRE_BROWSER"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"PATH": str(tmp_path), **setting}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(outcome, match="Debian's package chromium"):
        chromium_or_else()


def test_a_run_without_a_browser_that_is_required_does_not_pass(tmp_path: Path) -> None:
    kept = {name: value for name, value in os.environ.items() if name != "CI"}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "browser", TEST],
        cwd=ROOT,
        env=kept | {"PATH": str(tmp_path), "LADING_REQUIRE_BROWSER": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, "1 error" in done.stdout) == (1, True), done.stdout[-2000:]
    assert "Debian's package chromium" in done.stdout
