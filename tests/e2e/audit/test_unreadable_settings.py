"""Where the files that say what to judge cannot be read, the audit says which, and how to mend it, and ends with 2."""

import shutil
import subprocess
from pathlib import Path

import pytest

from ledger.errors import Misconfigured
from ledger.services.audit.run import audit
from ledger.services.home.consortium import CONSORTIUM, WITNESSES
from ledger.services.home.settings import read_settings
from tests.e2e.cli.processes import LADING, environment
from tests.e2e.stage import staged


@pytest.fixture(scope="module")
def sound(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home that audits clean."""
    home = tmp_path_factory.mktemp("sound") / "home"
    with staged(founded, home) as stage:
        stage.audited()
    return home


@pytest.fixture
def home(sound: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(sound, tmp_path / "home"))


@pytest.mark.parametrize("content", [None, b"", b"{}", b"{", b"[]", b"\xff", b'{"lading": "consortium/1"}'])
def test_a_lost_or_broken_consortium_file_is_named(home: Path, content: bytes | None) -> None:
    (home / CONSORTIUM).unlink()
    if content is not None:
        (home / CONSORTIUM).write_bytes(content)
    with pytest.raises(Misconfigured) as refused:
        audit(read_settings({}, home=home), patience=0)
    assert CONSORTIUM in refused.value.where
    assert refused.value.mend.startswith("Put the newest copy of it back")


@pytest.mark.parametrize("content", [b"", b"quorum three", b"witness w", b"\xff", b"group g 2 w"])
def test_a_file_of_witnesses_that_is_no_policy_is_named(home: Path, content: bytes) -> None:
    (home / WITNESSES).write_bytes(content)
    with pytest.raises(Misconfigured, match="not a witness policy") as refused:
        audit(read_settings({}, home=home), patience=0)
    assert WITNESSES in refused.value.where
    assert "docs/witnesses.md" in refused.value.mend


def test_the_command_then_ends_with_two_and_in_words(home: Path) -> None:
    (home / WITNESSES).write_bytes(b"quorum three")
    done = subprocess.run([*LADING, "audit"], env=environment(home), capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "not a witness policy" in done.stderr
    assert "Traceback" not in done.stderr
