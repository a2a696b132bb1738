"""Bundles: what a stranger needs to check a shipment, a partner or an award without database, node or network.

A bundle holds the registry's history, the records with their signatures and opened parts, the outcomes that the log
wrote, a proof of all of them to one checkpoint, the log's statement that these are all, the rules and the figures.
What is trusted comes from elsewhere: the trust file. `verify_bundle` keeps apart what it *proves* (signatures, keys,
inclusion, arithmetic) and what only the log *attests* (that nothing is missing, what the chain decided).
"""

from collections.abc import Callable, Iterable
from functools import partial

from ledger.bundle.bundle_checks import BundleChecks
from ledger.bundle.format import Trust, parse_bundle
from ledger.bundle.kept_checkpoints import STEP as KEPT
from ledger.bundle.kept_checkpoints import ConsistencyProof, KeptCheckpoint, check_kept
from ledger.bundle.omitted_records import HeldReceipt
from ledger.bundle.steps import ATTESTED, PROVED, Said, Step, failed
from ledger.errors import LadingError


def verify_bundle(
    data: bytes,
    trust: Trust,
    held: Iterable[HeldReceipt] = (),
    kept: Iterable[KeptCheckpoint] = (),
    proofs: Iterable[ConsistencyProof] = (),
) -> list[Step]:
    """Check a bundle against what is trusted; every step up to the first that fails, which says why.

    1. format      it is a bundle, and prints as it was read
    2. log         its log is one of the trusted
    3. checkpoint  the log signed it; *witnesses*: enough of those in the trust file cosigned it (only where it names
                   some); *kept checkpoints*: it continues those that the verifier kept (only where it names some)
       *times*: earlier checkpoints of the same log, cosigned or anchored, by which records were there
    4. inclusion   each record, with its signatures and opened parts, is a leaf under the checkpoint; so is the last
                   leaf (only of a shipment or a partner)
       *seals*: the blocks, and what their transactions did, are sealed by the validators of the trust file (these and
       the next two only where the bundle has seals and the trust file names validators)
    5. registry    changes without a gap from the trusted genesis, each signed by the council in force
    6. signatures  each record was signed by its signers, with keys valid at its place
    7. complete    the log's signed statement that these are all records that bear on the subject
    8. outcomes    what the log says the chain decided, by the contracts that the registry had in force
       *anchors*: the chain took the checkpoints that the log calls anchored
       *state*: the registry, and the shipment, stood at last as the records here make them; attested where the
       shipment rests on others that are not here, or the state is older than the checkpoint
       *cut-off*: the award's size is the first anchored one after its period and grace (only of an award)
    9. figures     penalties, scores and awards come out the same again, judged no later than the checkpoint stood
    10. receipts   no record that the verifier holds a receipt of was left out (only where it holds any)

    Never raises for what is in `data`: whatever is wrong with it fails a step.
    """
    return examined(data, trust, held, kept, proofs)[0]


def examined(
    data: bytes,
    trust: Trust,
    held: Iterable[HeldReceipt] = (),
    kept: Iterable[KeptCheckpoint] = (),
    proofs: Iterable[ConsistencyProof] = (),
) -> tuple[list[Step], BundleChecks | None]:
    """As `verify_bundle`, with what was verified; None where `data` is no bundle."""
    steps: list[Step] = []
    receipts, notes = tuple(held), tuple(kept)
    try:
        bundle = parse_bundle(data)
    except LadingError as error:
        return [failed("format", PROVED, error)], None
    steps.append(Step("format", True, PROVED, why=f"{len(bundle.records)} records that bear on {bundle.subject}"))
    work = BundleChecks(bundle, trust)
    seals = work.seals
    on_chain = ATTESTED if seals is None else PROVED
    todo: list[tuple[str, str, Callable[[], str | Said]]] = [
        ("log", PROVED, work.find_log),
        ("checkpoint", PROVED, work.check_checkpoint),
        *([("witnesses", PROVED, work.check_witnesses)] if trust.witnesses else []),
        ("times", ATTESTED, work.check_times),
        *([(KEPT, PROVED, lambda: check_kept(work.log, work.head, notes, proofs))] if notes else []),
        ("inclusion", PROVED, work.check_inclusion),
        *([("seals", PROVED, seals.check_blocks)] if seals else []),
        ("registry", PROVED, work.build_registry),
        ("signatures", PROVED, work.check_signatures),
        ("complete", ATTESTED, work.check_complete),
        ("outcomes", on_chain, work.check_outcomes),
        *([("anchors", PROVED, partial(work.check_anchors, seals))] if seals else []),
        *([("state", PROVED, partial(work.check_state, seals))] if seals else []),
        *([("cut-off", on_chain, work.check_cutoff)] if bundle.cutoff is not None else []),
        ("figures", PROVED, work.check_figures),
    ]
    if receipts:
        todo.append(("receipts", PROVED, lambda: work.check_receipts(receipts)))
    for name, basis, run in todo:
        try:
            found = run()
            said = found if isinstance(found, Said) else Said(found, basis)
            checked = work.checked if name == "figures" else None
            steps.append(Step(name, True, said.basis, why=said.why, checked=checked))
        except LadingError as error:
            steps.append(failed(name, basis, error))
            break
    return steps, work
