"""The mark of a home that was made from a backup, until the chain has said that its log is the newest.

A home's own files vouch for its database while the chain is away; those of a backup are as old as the database is.
"""

from pathlib import Path

from ledger.errors import StorageFailed

MARK = "restored"


def mark_restored(home: Path, taken_at: int) -> None:
    """Note that the home is as it was at `taken_at` (UTC seconds)."""
    try:
        (home / MARK).write_text(f"{taken_at}\n")
    except OSError as error:
        raise StorageFailed("the home cannot be written", where=MARK, found=error.strerror or "") from None


def is_restored(home: Path) -> bool:
    """Whether the home has not been met by the chain since it was restored; raises `StorageFailed`."""
    try:
        return (home / MARK).exists()
    except OSError as error:
        raise StorageFailed("the home cannot be read", where=MARK, found=error.strerror or "") from None


def clear_restored(home: Path) -> None:
    """The chain knows nothing that this home does not. A mark that stays is asked about once more, and does no harm."""
    try:
        (home / MARK).unlink(missing_ok=True)
    except OSError as error:
        raise StorageFailed("the home cannot be written", where=MARK, found=error.strerror or "") from None
