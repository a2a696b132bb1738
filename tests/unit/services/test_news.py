"""What a process that leaves the work to another makes of its news."""

import json

from ledger.errors import ChainUnavailable
from ledger.services.node.news import MOST_QUIET_SECONDS, NewestBlock, WorkerNews, refusal, silence


def test_what_one_process_tells_another_says() -> None:
    told, heard = WorkerNews(), WorkerNews()
    told.block, told.problem, told.relays = NewestBlock(7, 1_700_000_000), "a problem", True
    told.lost(ChainUnavailable("no answer"), 1_700_000_010)
    told.witnesses = {"north": "away"}
    heard.take(json.loads(json.dumps(told.to_json())), 3)
    assert heard.to_json() == told.to_json()
    assert (heard.age, heard.relays) == (3, False), "it works nowhere but there"


def test_silence_is_minded_after_a_minute_and_from_the_start() -> None:
    assert silence(0) is None
    assert silence(MOST_QUIET_SECONDS) is None
    for age, found in ((None, "none yet"), (MOST_QUIET_SECONDS + 1, "the last 61 s ago")):
        trouble = silence(age)
        assert trouble is not None
        assert trouble.found == found


def test_what_the_worker_refuses_is_refused_everywhere() -> None:
    heard = WorkerNews()
    assert refusal(heard) is None
    heard.refuses = "the log shrank"
    assert "the log shrank" in str(refusal(heard))
