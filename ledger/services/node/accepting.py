"""What takes records into the log, in every process of a home."""

from functools import partial

from ledger.services.home.settings import EMBEDDED
from ledger.services.intake.batch import Batches
from ledger.services.intake.sequencer import Sequencer
from ledger.services.intake.submission import Submission
from ledger.services.node.preflight import no_preflight, preflight
from ledger.services.node.reader import LedgerReader
from ledger.services.relay.other_clocks import OtherClocks
from ledger.services.state.erasure import Erasing
from ledger.services.state.projections import Projector


class Accepting:
    def __init__(self, reader: LedgerReader) -> None:
        home, registry = reader.home, reader.registry
        self.sequencer = Sequencer(home.database, reader.keys.log, home.guard)
        self.projector = Projector(registry)
        # A client waits for the answer, so no node is asked: there the relayer finds out.
        asked = partial(preflight, reader) if home.settings.chain == EMBEDDED else no_preflight
        self.submission = Submission(home, self.sequencer, registry, asked)
        self.batches = Batches(home, self.sequencer, registry, self.submission)
        self.erasing = Erasing(home, registry)
        self.clocks = OtherClocks(home)
