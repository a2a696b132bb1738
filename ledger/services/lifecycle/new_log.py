"""A new log in the place of one that has ended: other keys, other files, the old ones moved aside.

A log is its origin and its key, and what it signed binds it for ever. A log that cannot show its leaves any more must
not sign again, so its keys go out of use together with its files. The anchor key too: the registry takes an address
once, as one thing.
"""

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.log.leaf import LogSigner
from ledger.services.home.consortium import ANCHOR, LOG, Consortium, operator_passphrase, rewrite_consortium
from ledger.services.home.keystores import is_demo, new_key, read_log_key, write_keystore, write_log_key
from ledger.services.home.settings import Settings
from ledger.services.publish.durable_files import sync_folder

CHECKPOINT, HIGHEST = "checkpoint", "highest-checkpoint"
NEXT = "next-log"


def renew_log(settings: Settings, consortium: Consortium) -> Consortium:
    """Give this home a new log; afterwards `keys/ended-…` and `log-…` hold what the old one had.

    1. New keys, in a folder of their own.
    2. Keys, highest checkpoint and files of the old log aside.
    3. New keys in their place.
    4. The consortium's file names the new log.

    A crash leaves a step half done; run again, it goes on from there, and no key is ever written over.
    """
    keys, passphrase = settings.home / "keys", operator_passphrase(settings)
    following = keys / NEXT
    ended = consortium.log.log_id.hex()[:16]
    demo = is_demo(keys / ANCHOR) or is_demo(keys / f"ended-{ended}" / ANCHOR)
    # 1. A crash leaves one of them: the other is made next time.
    moved = (keys / f"ended-{ended}" / LOG).exists() and (keys / LOG).exists()
    if not moved:
        if not (following / LOG).exists():
            write_log_key(following / LOG, Ed25519PrivateKey.generate(), passphrase)
        if not (following / ANCHOR).exists():
            write_keystore(following / ANCHOR, new_key(), passphrase, demo=demo)
    # 2.
    for name in (LOG, ANCHOR, HIGHEST):
        _move(keys / name, keys / f"ended-{ended}" / name)
    _move(settings.home / "log", settings.home / f"log-{ended}")
    # 3.
    for name in (LOG, ANCHOR):
        _move(following / name, keys / name)
    # 4. From here on the home has the new log.
    log = LogSigner(consortium.log.origin, read_log_key(keys / LOG, passphrase)).identity
    renewed = Consortium(consortium.deployment, log, consortium.demo)
    rewrite_consortium(settings.home, renewed)
    return renewed


def _move(source: Path, target: Path) -> None:
    """Move a file or folder; nothing when that was done before. Never over something that is there."""
    if source.exists() and not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        source.rename(target)
        sync_folder(source.parent)
        sync_folder(target.parent)
