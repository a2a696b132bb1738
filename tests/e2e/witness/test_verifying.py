"""A node with witnesses: its bundles hold to the policy of the trust file, and forks are convicted before strangers."""

import base64
import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from prometheus_client import generate_latest
from typer.testing import CliRunner

from ledger.api.app import create_app
from ledger.bundle.format import Trust, parse_trust
from ledger.bundle.kept_checkpoints import ConsistencyProof, KeptCheckpoint
from ledger.bundle.steps import Step
from ledger.bundle.verify import verify_bundle
from ledger.cli.demo.witnesses import NAMES, DemoWitnesses
from ledger.cli.main import app
from ledger.common.canonical import canonical_json
from ledger.common.ids import to_hex
from ledger.errors import MalformedRecord, Misconfigured, RuleBroken
from ledger.log.contradiction import parse_contradiction
from ledger.log.cosignature import Cosigner, with_cosignatures
from ledger.log.signed_note import parse_checkpoint
from ledger.log.witness_policy import AskedWitnesses
from ledger.services.audit.run import audit
from ledger.services.exports.bundle import Exporter
from ledger.services.home.clock import ManualClock
from ledger.services.home.consortium import WITNESSES, read_consortium, with_logs_of
from ledger.services.home.settings import read_settings
from ledger.services.lifecycle.rebuild import restore_from_chain
from ledger.services.node.node import Node
from ledger.store import records
from tests.e2e.stage import CARRIER, MAKER, Stage, staged


@dataclass
class Scene:
    """A home whose log two witnesses saw, and what strangers have of it. Nothing in it is changed: copy the home."""

    home: Path
    stage: Stage
    witnesses: DemoWitnesses
    trust: Trust
    bundle: bytes
    older: bytes
    """A checkpoint kept from before the bundle, as readers saw it."""

    @property
    def note(self) -> str:
        return str(json.loads(self.bundle)["checkpoint"])


@pytest.fixture(scope="module")
def scene(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    home = tmp_path_factory.mktemp("witnessed") / "home"
    shutil.copytree(founded, home)
    clock = ManualClock(int((founded / "now").read_text()))
    witnesses = DemoWitnesses(home, read_consortium(home).log, clock)
    prepared = home.with_name("prepared")
    home.rename(prepared)
    with staged(prepared, home) as stage:
        witnesses.clock = stage.clock
        shipment = stage.open(10)
        stage.node.settle()
        older = stage.node.reader.publisher.current().note
        stage.hand(MAKER, CARRIER, (shipment, 0, 10))
        stage.node.settle()
        trust = parse_trust(canonical_json(read_consortium(home).trust_file()))
        yield Scene(home, stage, witnesses, trust, Exporter(stage.node.reader).shipment(shipment), older)
    witnesses.close()


@pytest.fixture
def copy(scene: Scene, tmp_path: Path) -> Path:
    """The home as it stands, for a test to spoil; its witnesses run on for the original."""
    return Path(shutil.copytree(scene.home, tmp_path / "copy"))


def outcome(steps: list[Step]) -> tuple[str, str]:
    """The last step, and why it failed; nothing when all held."""
    assert all(step.ok for step in steps[:-1])
    return steps[-1].name, "" if steps[-1].ok else steps[-1].why


def noted(bundle: bytes, change: Callable[[str], str]) -> bytes:
    value = json.loads(bundle)
    value["checkpoint"] = change(value["checkpoint"])
    return canonical_json(value)


# --- the node -------------------------------------------------------------------------------------------------------


def test_the_node_shows_who_has_cosigned(scene: Scene) -> None:
    state = scene.stage.node.reader.log_state()["witnesses"]
    assert (state["threshold"], state["missing"]) == (2, 0)
    assert sorted(w["name"] for w in state["witnesses"]) == sorted(NAMES)
    assert {w["cosignedAt"] for w in state["witnesses"]} == {state["cosignedAt"]}
    assert {w["problem"] for w in state["witnesses"]} == {""}
    scene.stage.node.health.measure()
    metrics = generate_latest(scene.stage.node.health.metrics).decode()
    assert "lading_cosignatures_missing 0.0" in metrics
    assert "lading_witnesses_away 0.0" in metrics
    policy = scene.trust.witnesses
    assert policy is not None
    assert policy.verify(scene.stage.node.reader.checkpoint_note()) == state["cosignedAt"]


def test_the_page_of_the_log_shows_them(scene: Scene) -> None:
    with TestClient(create_app(scene.stage.node), base_url="http://127.0.0.1:8000") as client:
        page = client.get("/log", headers={"Accept": "text/html"}).text
        assert all(name in page for name in NAMES)
        assert "This checkpoint had them by" in page
        assert client.get("/v1/log").json()["witnesses"]["missing"] == 0
        assert client.get("/v1/log/checkpoint").content == scene.stage.node.reader.checkpoint_note()
        assert "lading_cosignatures_missing 0.0" in client.get("/metrics").text


def test_a_node_whose_witnesses_are_away_serves_and_says_so(scene: Scene, copy: Path) -> None:
    asked = read_consortium(copy).witnesses
    assert asked is not None
    nowhere = AskedWitnesses(asked.policy, ("http://127.0.0.1:9", "http://127.0.0.1:9"))
    (copy / WITNESSES).write_text(nowhere.to_text())
    with closing(sqlite3.connect(copy / "ledger.db")) as db:  # as if they had been away before too
        db.execute("DROP TRIGGER cosignatures_no_delete")
        db.execute("DELETE FROM cosignatures")
        db.commit()
    node = Node(read_settings({}, home=copy), ManualClock(scene.stage.now))
    try:
        state = node.reader.log_state()["witnesses"]
        assert (state["missing"], state["cosignedAt"]) == (2, None)
        assert all("refused" in w["problem"] for w in state["witnesses"])
        assert set(node.health.readiness().checks.values()) == {"ok"}
        node.health.measure()
        assert b"lading_witnesses_away 2.0" in generate_latest(node.health.metrics)
    finally:
        node.close()


def test_another_history_is_refused_by_a_witness(scene: Scene) -> None:
    with pytest.raises(RuleBroken, match="another tree of this size"):
        scene.witnesses.show_another_history(
            scene.stage.node.reader.keys.log, scene.stage.node.reader.publisher.current().head
        )


@pytest.mark.parametrize("text", ["nonsense", "quorum none\nquorum none\n", "witness a b c\nquorum a\n"])
def test_a_policy_file_that_makes_no_sense_stops_the_node(copy: Path, text: str) -> None:
    (copy / WITNESSES).write_text(text)
    with pytest.raises(Misconfigured, match="not a witness policy"):
        read_consortium(copy)
    (copy / WITNESSES).write_text("quorum none\n")
    assert read_consortium(copy).witnesses is None
    assert "witnesses" not in read_consortium(copy).trust_file()


# --- verify ---------------------------------------------------------------------------------------------------------


def test_a_bundle_holds_to_the_policy(scene: Scene) -> None:
    steps = verify_bundle(scene.bundle, scene.trust)
    assert all(step.ok for step in steps)
    (step,) = [step for step in steps if step.name == "witnesses"]
    assert all(name in step.why for name in NAMES)
    assert scene.trust.witnesses is not None
    either = replace(scene.trust.witnesses, threshold=1)
    step = verify_bundle(scene.bundle, replace(scene.trust, witnesses=either))[-1]
    assert (step.name, step.ok) == ("times", False)
    assert "another witness policy" in step.why


def test_who_names_no_witnesses_passes_their_lines_over(scene: Scene) -> None:
    steps = verify_bundle(scene.bundle, replace(scene.trust, witnesses=None))
    assert all(step.ok for step in steps)
    assert "witnesses" not in {step.name for step in steps}


def stripped(note: str, count: int) -> str:
    return "".join(f"{line}\n" for line in note.split("\n")[: -1 - count])


def flipped(note: str) -> str:
    """One bit of the last cosignature's time."""
    *lines, last = note.removesuffix("\n").split("\n")
    dash, name, encoded = last.split(" ")
    data = bytearray(base64.b64decode(encoded))
    data[11] ^= 1
    return "\n".join([*lines, f"{dash} {name} {base64.b64encode(data).decode()}", ""])


@pytest.mark.parametrize(
    ("change", "step"),
    [
        (lambda note: stripped(note, 1), "witnesses"),
        (lambda note: stripped(note, 2), "witnesses"),
        (flipped, "witnesses"),
        (lambda note: note.replace("consumers-union", "consumers-onion"), "witnesses"),
        (lambda note: note + note.split("\n")[-2] + "\n", "checkpoint"),
        (lambda note: note + "— somebody.example AAAAAAAA\n", "checkpoint"),
        (lambda note: "\n".join([*note.split("\n")[:4], *note.split("\n")[5:]]), "checkpoint"),
    ],
    ids=["one stripped", "all stripped", "time flipped", "renamed", "twice", "no cosignature", "the log's own gone"],
)
def test_altered_cosignatures_are_a_no(scene: Scene, change: Callable[[str], str], step: str) -> None:
    assert outcome(verify_bundle(noted(scene.bundle, change), scene.trust))[0] == step


def test_the_operator_cannot_make_up_a_witness(scene: Scene) -> None:
    """It signs with other keys under the witnesses' names, and with its own as a witness."""
    node = scene.stage.node
    head = parse_checkpoint(scene.note.encode()).head
    plain = stripped(scene.note, 2).encode()
    made = [Cosigner(name, node.reader.keys.log._key) for name in (*NAMES, node.home.consortium.log.origin)]
    forged = with_cosignatures(plain, [witness.cosign(head, scene.stage.now) for witness in made]).decode()
    name, why = outcome(verify_bundle(noted(scene.bundle, lambda _: forged), scene.trust))
    assert (name, "too few" in why) == ("witnesses", True)


def test_a_log_is_no_witness_of_itself(scene: Scene) -> None:
    value = read_consortium(scene.home).trust_file()
    own = Cosigner("another.example", scene.stage.node.reader.keys.log._key).identity
    value["witnesses"] = {"threshold": 1, "keys": [own.verifier_key()]}
    with pytest.raises(MalformedRecord, match="no witness of itself"):
        parse_trust(canonical_json(value))


def test_two_operators_must_agree_on_the_witnesses(scene: Scene) -> None:
    value = read_consortium(scene.home).trust_file()
    assert scene.trust.witnesses is not None
    fewer = replace(scene.trust.witnesses, threshold=1)
    with pytest.raises(MalformedRecord, match="another witness policy"):
        with_logs_of(value, replace(scene.trust, witnesses=fewer))
    assert with_logs_of(value, replace(scene.trust, witnesses=None)) == value
    del value["witnesses"]
    assert with_logs_of(value, scene.trust)["witnesses"] == scene.trust.witnesses.to_json()


# --- kept checkpoints -----------------------------------------------------------------------------------------------


def proof_between(scene: Scene, first: int, second: int) -> bytes:
    proof = scene.stage.node.reader.publisher.consistency_proof(first, second)
    return canonical_json({"first": first, "second": second, "proof": [to_hex(value) for value in proof]})


def test_a_bundle_is_held_to_a_kept_checkpoint(scene: Scene) -> None:
    older, size = parse_checkpoint(scene.older).head.size, parse_checkpoint(scene.note.encode()).head.size
    assert 0 < older < size
    kept = KeptCheckpoint("mine", scene.older)
    name, why = outcome(verify_bundle(scene.bundle, scene.trust, kept=[kept]))
    assert (name, f"first={older}&second={size}" in why) == ("kept checkpoints", True)
    proof = ConsistencyProof.from_json(proof_between(scene, older, size), "proof")
    assert all(step.ok for step in verify_bundle(scene.bundle, scene.trust, kept=[kept], proofs=[proof]))
    same = KeptCheckpoint("the same", scene.note.encode())
    assert all(step.ok for step in verify_bundle(scene.bundle, scene.trust, kept=[same, kept], proofs=[proof]))
    wrong = replace(proof, proof=(bytes(32), *proof.proof[1:]))
    assert outcome(verify_bundle(scene.bundle, scene.trust, kept=[kept], proofs=[wrong]))[0] == "kept checkpoints"


def forked(scene: Scene, size: int) -> bytes:
    """What a dishonest log signs for somebody else."""
    return bytes(scene.stage.node.reader.keys.log.checkpoint(size, b"\x13" * 32))


def run(name: str, *arguments: object, home: Path | None = None) -> tuple[int, dict[str, Any]]:
    environment = {"LADING_HOME": str(home)} if home else {}
    done = CliRunner().invoke(app, [name, *map(str, arguments), "--json"], env=environment)
    return done.exit_code, json.loads(done.stdout)


def test_a_split_view_is_exported_as_evidence_by_verify(scene: Scene, tmp_path: Path) -> None:
    size = parse_checkpoint(scene.note.encode()).head.size
    for name, data in (
        ("bundle.json", scene.bundle),
        ("trust.json", canonical_json(read_consortium(scene.home).trust_file())),
        ("kept.note", forked(scene, size)),
    ):
        (tmp_path / name).write_bytes(data)
    evidence = tmp_path / "evidence.json"
    options = ["--checkpoint", tmp_path / "kept.note", "--evidence", evidence]
    status, found = run("verify", tmp_path / "bundle.json", *options)
    assert (status, found["steps"][-1]["name"]) == (1, "kept checkpoints")
    assert "different histories" in found["steps"][-1]["why"]
    status, found = run("verify", evidence, "--trust", tmp_path / "trust.json")
    assert (status, [step["name"] for step in found["steps"]]) == (0, ["format", "log", "contradiction", "witnesses"])
    assert "no witness cosigned both" in found["steps"][-1]["why"]
    # Evidence that was altered convicts nobody.
    value = json.loads(evidence.read_bytes())
    for name, altered in (
        ("first", value["first"].replace(f"\n{size}\n", f"\n{size + 1}\n")),
        ("second", value["first"]),
        ("root", "0x" + "00" * 32),
        ("proof", ["0x" + "00" * 32]),
    ):
        evidence.write_bytes(canonical_json(value | {name: altered}))
        status, found = run("verify", evidence, "--trust", tmp_path / "trust.json")
        assert (status, found["ok"]) == (1, False), name


def test_a_fork_is_exported_as_evidence_by_the_audit(scene: Scene, tmp_path: Path) -> None:
    """A checkpoint of a smaller tree, kept elsewhere: the home proves by itself that its tree was another."""
    older = parse_checkpoint(scene.older).head.size
    (tmp_path / "kept.note").write_bytes(forked(scene, older))
    evidence = tmp_path / "kept.note.contradiction.json"  # where it goes when no file is named
    options = ["--checkpoint", tmp_path / "kept.note"]
    status, found = run("audit", *options, home=scene.home)
    assert status == 1
    assert "forked" in found["findings"][0]["what"]
    convicted = parse_contradiction(evidence.read_bytes())
    assert convicted.proof
    first, second = convicted.verify(scene.stage.node.home.consortium.log)
    assert (first.size, second.size) == (older, parse_checkpoint(scene.note.encode()).head.size)
    honest = tmp_path / "honest.note"
    honest.write_bytes(scene.older)
    (tmp_path / "none.json").unlink(missing_ok=True)
    options = ["--checkpoint", honest, "--evidence", tmp_path / "none.json"]
    assert run("audit", *options, home=scene.home)[0] == 0
    assert not (tmp_path / "none.json").exists()


# --- audit ----------------------------------------------------------------------------------------------------------


def edited(home: Path, statement: str, *values: object) -> list[tuple[str, str]]:
    """What the audit finds after a change past the triggers: field and words."""
    with closing(sqlite3.connect(home / "ledger.db")) as db:
        triggers = db.execute(
            "SELECT name, sql FROM sqlite_master WHERE tbl_name = 'cosignatures' AND type = 'trigger'"
        )
        made = triggers.fetchall()
        for name, _ in made:
            db.execute(f"DROP TRIGGER {name}")
        assert db.execute(statement, values).rowcount > 0
        for _, sql in made:
            db.execute(sql)
        db.commit()
    return [(f.field, f.what) for f in audit(read_settings({}, home=home), patience=0).findings]


def test_the_audit_of_a_witnessed_home_is_ok(scene: Scene, copy: Path) -> None:
    report = audit(read_settings({}, home=copy), patience=0)
    assert (report.findings, [n for n in report.notes if "quorum" in n.what]) == ((), [])


NEWEST = "(SELECT max(size) FROM cosignatures)"
EDITS = {
    "time": f"UPDATE cosignatures SET time = time - 3600 WHERE size = {NEWEST}",
    "signature": f"UPDATE cosignatures SET signature = zeroblob(64) WHERE size = {NEWEST}",
    "short signature": f"UPDATE cosignatures SET signature = x'00' WHERE size = {NEWEST}",
    "root": f"UPDATE cosignatures SET root = zeroblob(32) WHERE size = {NEWEST}",
    "witness": f"UPDATE cosignatures SET witness = 'x' || witness WHERE size = {NEWEST}",
    "size": f"UPDATE cosignatures SET size = size + 1000 WHERE size = {NEWEST}",
    "time of text": f"UPDATE cosignatures SET time = 'x' WHERE size = {NEWEST}",
    "deleted": f"DELETE FROM cosignatures WHERE size = {NEWEST}",
}


@pytest.mark.parametrize("statement", EDITS.values(), ids=EDITS)
def test_edited_cosignatures_are_named(copy: Path, statement: str) -> None:
    found = edited(copy, statement)
    assert found
    assert all(field.startswith(("cosignatures of size ", "cosignatures.")) for field, _ in found)


def test_a_cosignature_of_a_tree_that_the_log_has_not_is_named(scene: Scene, copy: Path) -> None:
    """The witness's own word that the log showed it another tree, put where it belongs."""
    node = scene.stage.node
    cosigner = scene.witnesses.servers[0].witness._folder.cosigner
    size = parse_checkpoint(scene.older).head.size
    head = parse_checkpoint(node.reader.keys.log.checkpoint(size, b"\x13" * 32)).head
    seen = cosigner.cosign(head, scene.stage.now)
    key = cosigner.identity.verifier_key()
    found = edited(
        copy,
        "UPDATE cosignatures SET root = ?, time = ?, signature = ? WHERE size = ? AND witness = ?",
        head.root, seen.time, seen.signature, size, key,
    )  # fmt: skip
    where = f"cosignatures of size {size} by {NAMES[0]}"
    assert [(field, "another tree" in what) for field, what in found] == [
        (f"{where} in log/cosignatures", False),  # what was published is another
        (where, True),
    ]


def test_a_checkpoint_without_quorum_is_a_note(copy: Path) -> None:
    """Witnesses may be away: that is no difference."""
    (copy / "log" / "checkpoint").write_text(stripped((copy / "log" / "checkpoint").read_text(), 1))
    report = audit(read_settings({}, home=copy), patience=0)
    assert report.ok
    assert any("lacks a quorum" in note.what for note in report.notes)


def test_a_rebuilt_database_keeps_what_the_newest_checkpoint_shows(scene: Scene, copy: Path) -> None:
    def rows() -> list[Any]:
        with closing(sqlite3.connect(copy / "ledger.db")) as db:
            return db.execute("SELECT * FROM cosignatures ORDER BY size, witness").fetchall()

    before = rows()
    for file in copy.glob("ledger.db*"):
        file.unlink()
    settings = read_settings({}, home=copy)
    with scene.stage.node.home.database.read() as connection:  # what only the log took is given back by who kept it
        given = [row.signed for row in records.stream(connection)]
    assert restore_from_chain(settings, given=given, clock=ManualClock(scene.stage.now)).done
    size = parse_checkpoint(scene.note.encode()).head.size
    assert [row for row in rows() if row[0] == size] == [row for row in before if row[0] == size]
    assert audit(settings, patience=0).ok
