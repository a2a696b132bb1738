"""What the system refuses is a sentence and status 1, in whichever command it happens."""

import errno
import os

import pytest

from ledger.cli import main as command


def test_an_error_of_the_system_is_said_in_words(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refused() -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), "/srv/lading/clock")

    monkeypatch.setattr(command, "app", refused)
    with pytest.raises(SystemExit) as ended:
        command.main()
    assert ended.value.code == 1
    assert "/srv/lading/clock: the system refused (found Read-only file system)" in capsys.readouterr().err
