"""What a process that leaves the work to another makes of its news."""

import json

from ledger.errors import ChainUnavailable
from ledger.services.node.news import (
    FOLLOWING,
    MOST_QUIET_SECONDS,
    PUBLISHING,
    RELAYING,
    NewestBlock,
    WorkerNews,
    refusal,
    silence,
)


def test_what_one_process_tells_another_says() -> None:
    told, heard = WorkerNews(), WorkerNews()
    told.block, told.relays = NewestBlock(7, 1_700_000_000), True
    told.note_problem(PUBLISHING, "a problem")
    told.lost(RELAYING, ChainUnavailable("no answer"), 1_700_000_010)
    told.witnesses = {"north": "away"}
    heard.take(json.loads(json.dumps(told.to_json())), 3)
    assert heard.to_json() == told.to_json()
    assert (heard.age, heard.relays) == (3, False), "it works nowhere but there"


def test_what_another_told_ends_with_its_work_but_for_the_chain_that_is_away() -> None:
    told, heard = WorkerNews(), WorkerNews()
    told.note_problem(PUBLISHING, "a problem")
    told.lost(RELAYING, ChainUnavailable("no answer"), 1_700_000_010)
    heard.take(told.to_json(), 3)
    heard.work_here()
    assert (heard.age, heard.problem) == (None, "")
    assert heard.away == told.away
    heard.heard(FOLLOWING)
    assert heard.away is None


def test_the_chain_is_away_while_any_part_of_the_work_has_no_answer() -> None:
    news = WorkerNews()
    news.lost(RELAYING, ChainUnavailable("first"), 10)
    news.lost(FOLLOWING, ChainUnavailable("second"), 20)
    news.lost(FOLLOWING, ChainUnavailable("again"), 30)
    assert news.away == (10, str(ChainUnavailable("first")))
    news.heard(RELAYING)
    assert news.away is not None
    assert news.away[0] == 20
    news.heard(FOLLOWING)
    assert news.away is None


def test_silence_is_minded_after_a_minute_and_from_the_start() -> None:
    assert silence(0) is None
    assert silence(MOST_QUIET_SECONDS) is None
    for age, found in ((None, "none yet"), (MOST_QUIET_SECONDS + 1, "the last 61 s ago")):
        trouble = silence(age)
        assert trouble is not None
        assert trouble.found == found
        assert "`lading serve`" in trouble.mend, "its own worker may hang, and then nothing else helps"


def test_what_the_worker_refuses_is_refused_everywhere() -> None:
    assert refusal("") is None
    assert "the log shrank" in str(refusal("the log shrank"))
