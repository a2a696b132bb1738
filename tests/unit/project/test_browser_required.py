"""The tests of pages are never skipped where it counts: without a Chromium they fail in CI, and only there."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
TEST = "tests/browser/products/test_product_pages.py::test_that_lots_are_attested_is_called_the_services_word"


@pytest.mark.parametrize(
    ("setting", "status", "words"),
    [({}, 0, "1 skipped"), ({"CI": "true"}, 1, "1 error"), ({"LADING_REQUIRE_BROWSER": "1"}, 1, "1 error")],
    ids=["elsewhere", "CI", "required"],
)
def test_a_missing_browser_is_an_error_where_it_is_required(
    tmp_path: Path, setting: dict[str, str], status: int, words: str
) -> None:
    kept = {name: value for name, value in os.environ.items() if name not in ("CI", "LADING_REQUIRE_BROWSER")}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "browser", TEST],
        cwd=ROOT,
        env=kept | {"PATH": str(tmp_path)} | setting,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, words in done.stdout) == (status, True), done.stdout[-2000:]
    assert "Debian's package chromium" in done.stdout
