"""The log as a stranger reads it: a client of C2SP tlog-tiles, written here from the specification alone."""

import base64
import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ledger import merkle
from tests.api.world import World


def tile_path(level: int | str, index: int, width: int) -> str:
    """C2SP tlog-tiles, "Merkle Tree": groups of three digits, all but the last with an x."""
    digits = f"{index % 1000:03}"
    while index >= 1000:
        index //= 1000
        digits = f"x{index % 1000:03}/{digits}"
    return f"/v1/log/tile/{level}/{digits}" + (f".p/{width}" if width < 256 else "")


def read_checkpoint(world: World) -> tuple[int, bytes]:
    """Size and root of the newest checkpoint, its signature verified with the key from the verifier key."""
    name, key_hash, encoded = world.get("/v1/log")["verifierKey"].split("+", 2)
    key = base64.b64decode(encoded)
    assert key[:1] == b"\x01"
    assert hashlib.sha256(name.encode() + b"\n" + key).digest()[:4].hex() == key_hash
    answer = world.client.get("/v1/log/checkpoint")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    text, signatures = answer.text.split("\n\n")
    text += "\n"
    origin, size, root = text.splitlines()
    assert origin == name
    (line,) = signatures.splitlines()
    dash, signer, blob = line.split(" ")
    assert (dash, signer) == ("—", name)
    signature = base64.b64decode(blob)
    assert signature[:4].hex() == key_hash
    Ed25519PublicKey.from_public_bytes(key[1:]).verify(signature[4:], text.encode())
    return int(size), base64.b64decode(root)


def entries(world: World, size: int) -> list[bytes]:
    found: list[bytes] = []
    for index in range((size + 255) // 256):
        width = min(256, size - index * 256)
        data = world.client.get(tile_path("entries", index, width)).content
        while data:
            length = int.from_bytes(data[:2], "big")
            found.append(data[2 : 2 + length])
            data = data[2 + length :]
    return found


def test_a_client_of_tlog_tiles_reads_the_whole_log(world: World) -> None:
    size, root = read_checkpoint(world)
    leaves = [hashlib.sha256(b"\x00" + entry).digest() for entry in entries(world, size)]
    assert len(leaves) == size
    assert merkle.root(leaves) == root
    tile = world.client.get(tile_path(0, 0, min(256, size)))
    assert tile.content == b"".join(leaves[:256])
    ids = {record["id"] for record in world.get("/v1/records?limit=100")["records"]}
    logged = {"0x" + entry[2:34].hex() for entry in entries(world, size)[:100]}
    assert logged == ids


def test_tiles_are_for_ever_and_the_checkpoint_is_not(world: World) -> None:
    size, _ = read_checkpoint(world)
    tile = world.client.get(tile_path(0, 0, min(256, size)))
    assert tile.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert tile.headers["content-type"] == "application/octet-stream"
    assert world.client.get("/v1/log/checkpoint").headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    "path",
    [
        "0/999", "0/000.p/256", "0/000.p/0", "64/000", "0/00", "0/0000", "entries", "..%2f..%2fconsortium.json",
        "0/..%2f..", "%2e%2e/checkpoint", "0/000%00", "0/000.p/255%0a", "entries/x000/000",
    ],
)  # fmt: skip
def test_other_paths_are_no_tiles(world: World, path: str) -> None:
    answer = world.client.get(f"/v1/log/tile/{path}")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


def test_consistency_proofs_hold_between_all_sizes(world: World) -> None:
    size, root = read_checkpoint(world)
    leaves = [hashlib.sha256(b"\x00" + entry).digest() for entry in entries(world, size)]
    for first in (0, 1, 2, 31, 64, size - 1, size):
        answer = world.get(f"/v1/log/proof/consistency?first={first}&second={size}")
        path = [bytes.fromhex(h[2:]) for h in answer["proof"]]
        merkle.verify_consistency(first, size, path, merkle.root(leaves[:first]), root)
    assert world.client.get(f"/v1/log/proof/consistency?first=2&second={size + 1000}").status_code == 404
    assert world.client.get("/v1/log/proof/consistency?first=9&second=2").status_code == 404
    assert world.client.get("/v1/log/proof/consistency?first=-1&second=2").status_code == 400


def test_inclusion_proofs_are_refused_outside_the_tree(world: World) -> None:
    for query, status in (
        ("index=5&size=5", 404),
        ("index=99999&size=100000", 404),
        ("index=-1", 400),
        ("index=1&size=0", 400),
        ("index=99999999999999999999999", 400),
        ("", 400),
    ):
        assert world.client.get(f"/v1/log/proof/inclusion?{query}").status_code == status
    assert world.get("/v1/log/proof/inclusion?index=4&size=5")["checkpoint"] is None
