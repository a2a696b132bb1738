"""`lading witness mirror`: a copy of a log for readers, from the log or from another mirror (C2SP tlog-mirror)."""

import time
import urllib.error
import urllib.request
from http.client import HTTPException
from pathlib import Path
from typing import Annotated

import typer

from ledger.bundle.format import parse_trust
from ledger.cli.commands.keys import passphrase, read_file
from ledger.cli.output import out, print_json
from ledger.common.ids import to_hex
from ledger.errors import MalformedRecord, NotFound, Unavailable
from ledger.log.cosignature import WitnessPolicy
from ledger.log.leaf import LogIdentity, parse_verifier_key
from ledger.log.signed_note import MAX_NOTE, parse_checkpoint
from ledger.log.witness import origin_hash
from ledger.services.home.settings import read_settings
from ledger.services.publish.durable_files import LogFolder
from ledger.services.witness.folder import WitnessFolder
from ledger.services.witness.mirror import CHECKPOINT, Fetch, Mirror

PATIENCE = 30
"""Seconds that a source may be silent."""


def mirror(
    folder: Annotated[Path, typer.Argument(help="Where copies lie, each under its log's hash; show it as it is.")],
    url: Annotated[
        str, typer.Argument(help="The log, such as https://ledger.example/v1/log, or a mirror's copy of it.")
    ],
    log: Annotated[str | None, typer.Option(help="Verifier key of the log (`verifierKey` of its /v1/log).")] = None,
    trust: Annotated[Path | None, typer.Option(help="A trust file instead: its log, and its witnesses.")] = None,
    cosigner: Annotated[
        Path | None,
        typer.Option(
            help="A folder that `lading witness new` made for this mirror alone: its key states what is held."
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Bring a copy of a log up to date. Run it as often as you like: what is new is fetched, and checked against what
    the log signed, and signed before. Ends with 1 where that does not fit.
    """
    if not url.startswith(("https://", "http://")):
        raise MalformedRecord("not a web address", where="url", expected="http(s)://…", found=url[:120])
    fetch = _from(url.rstrip("/"))
    identity, policy = _log(fetch, log, trust)
    copies = LogFolder(folder / origin_hash(identity.origin), public=True)
    own = None if cosigner is None else WitnessFolder(cosigner, passphrase(read_settings())).cosigner
    with copies.locked():
        done = Mirror(identity, copies, policy).update(fetch, own, int(time.time()))
    if json:
        root = to_hex(done.head.root)
        print_json({"origin": identity.origin, "before": done.before, "size": done.head.size, "root": root})
    else:
        out.print(f"{copies.root}: {done.before} → {done.head.size} entries of {identity.origin}", markup=False)


def _log(fetch: Fetch, key: str | None, trust: Path | None) -> tuple[LogIdentity, WitnessPolicy | None]:
    """Which log, and who must have cosigned it; of several of a trust file the one that the checkpoint names."""
    if (key is None) == (trust is None):
        raise MalformedRecord("which log?", where="--log, --trust", expected="one of both")
    if key is not None:
        return parse_verifier_key(key), None
    known = parse_trust(read_file(trust or Path()))
    shown = parse_checkpoint(fetch(CHECKPOINT, MAX_NOTE))
    lines = {(line.name, line.key_id) for line in shown.signatures}
    for identity in known.logs:
        if (identity.origin, identity.key_id) in lines:
            return identity, known.witnesses
    raise MalformedRecord("no log of the trust file", where="checkpoint", found=shown.head.origin)


def _from(url: str) -> Fetch:
    def fetch(name: str, most: int) -> bytes:
        request = urllib.request.Request(f"{url}/{name}", headers={"User-Agent": "lading-mirror"})  # noqa: S310 checked
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310 the same
                data: bytes = answer.read(most + 1)
        except urllib.error.HTTPError as error:
            error.close()
            if error.code == 404:
                raise NotFound("the source has no such file", where=name) from None
            raise Unavailable("the source refused", where=f"{url}/{name}", found=error.code) from None
        except (OSError, HTTPException) as error:
            raise Unavailable("the source cannot be reached", where=url, found=str(error)[:120]) from None
        if len(data) > most:
            raise MalformedRecord("too large", where=name, expected=f"at most {most} bytes")
        return data

    return fetch
