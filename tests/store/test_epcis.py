"""Events are found as the rules of the query say, by indexes, in the order that was asked for, by whom they are for."""

import random
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event as sqlalchemy_event

from ledger.formats.epcis import json_text
from ledger.formats.epcis.document import Event
from ledger.formats.epcis.index import Term, micros, terms_of
from ledger.formats.epcis.master_data import MasterData, start_of
from ledger.formats.epcis.query import EventQuery, parse_query
from ledger.store.database import Database
from ledger.store.epcis import events
from ledger.store.epcis.events import EVERYBODY, NewEvent, Order, Sight, Spans, StoredEvent, Wanted

STEPS = ["shipping", "receiving", "accepting"]
ACTIONS = ["ADD", "OBSERVE", "DELETE"]
DECLARED = {"ext": "https://example.org/"}
ALL = Sight(None, [1])
TYPES = [1]
"""Of the record that is not captured."""
PLACE = "https://id.gs1.org/414/9506000134369"


def made(number: int, chance: random.Random) -> Event:
    item = "https://id.gs1.org/01/09506000134352/21/"
    serials = [f"{item}{chance.randrange(40)}" for _ in range(chance.randrange(1, 4))]
    return Event(
        {
            "type": chance.choice(["ObjectEvent", "AggregationEvent"]),
            "eventID": f"urn:x:{number}",
            "eventTime": f"2026-01-{chance.randrange(1, 29):02}T10:00:00Z",
            "action": chance.choice(ACTIONS),
            "bizStep": chance.choice(STEPS),
            "epcList": serials,
            "quantityList": [
                {"epcClass": "https://id.gs1.org/01/09506000134352", "quantity": chance.randrange(-5, 30)}
            ],
            "readPoint": {"id": f"https://id.gs1.org/414/9506000134369/254/{chance.randrange(3)}"},
            "ext:size": chance.randrange(100),
        },
        DECLARED,
    )


def stored(one: Event, number: int, *, parts: str = "", readers: tuple[int, ...] = (7,)) -> NewEvent:
    return NewEvent(
        event_id=str(one.members["eventID"]),
        record_id=b"" if not parts else bytes([1]) * 32,
        record_type=1 if parts else 0,
        capture="" if parts else "job",
        hash=number.to_bytes(32, "big"),
        event_time=micros(str(one.members["eventTime"])) or 0,
        record_time=number,
        parts=parts,
        body=json_text.dump(one.whole()),
        terms=terms_of(one),
        readers=readers,
    )


@pytest.fixture
def kept(database: Database) -> tuple[Database, list[tuple[Event, set[Term]]]]:
    chance = random.Random(15)
    those = [made(number, chance) for number in range(120)]
    with database.write() as connection:
        events.add(connection, [stored(one, number) for number, one in enumerate(those)])
    return database, [(one, terms_of(one)) for one in those]


QUERIES: list[Mapping[str, Any]] = [
    {},
    {"eventType": ["ObjectEvent"]},
    {"EQ_action": ["ADD", "DELETE"], "EQ_bizStep": ["shipping"]},
    {"MATCH_epc": ["urn:epc:id:sgtin:9506000.013435.7", "https://id.gs1.org/01/09506000134352/21/9"]},
    {"MATCH_anyEPC": ["https://id.gs1.org/01/09506000134352/21/3"], "EQ_action": "OBSERVE"},
    {"MATCH_epc": "urn:epc:idpat:sgtin:9506000.013435.*", "GE_quantity": 10},
    {"MATCH_anyEPCClass": ["urn:epc:idpat:sgtin:9506000.013435.*"]},
    {"GE_quantity": -2, "LT_quantity": 3},
    {"EQ_quantity": [4, 5]},
    {"GT_quantity": 28},
    {"LE_quantity": "-4.0"},
    {"WD_readPoint": ["https://id.gs1.org/414/9506000134369"]},
    {"EQ_readPoint": ["urn:epc:id:sgln:9506000.13436.1"]},
    {"GE_eventTime": "2026-01-10T00:00:00Z", "LT_eventTime": "2026-01-20T12:00:00+02:00"},
    {"@context": DECLARED, "GE_ext:size": 50, "LT_ext:size": "60"},
    {"@context": DECLARED, "EXISTS_ext:size": None},
    {"@context": DECLARED, "EXISTS_ext:weight": None},
    {"EQ_https://example.org/size": ["7", "8"]},
    {"EQ_eventID": ["urn:x:17"]},
]


@pytest.mark.parametrize("parameters", QUERIES, ids=str)
def test_the_index_finds_what_the_rules_say(kept: Any, parameters: Mapping[str, Any]) -> None:
    database, those = kept
    query = parse_query(parameters)
    expected = {
        str(one.members["eventID"])
        for number, (one, terms) in enumerate(those)
        if query.holds(terms, micros(str(one.members["eventTime"])) or 0, number)
    }
    with database.read() as connection:
        found = [row for row, _ in events.search(connection, ALL, *asked(query), Order(), limit=1000)]
        counted = events.count(connection, ALL, *asked(query), 1000)
    assert {row.event_id for row in found} == expected
    assert len(found) == counted


def test_the_queries_of_this_test_tell_events_apart(kept: Any) -> None:
    database, those = kept
    with database.read() as connection:
        sizes = [events.count(connection, ALL, *asked(parse_query(parameters)), 1000) for parameters in QUERIES]
    assert sum(0 < size < len(those) for size in sizes) > 12


def asked(query: EventQuery) -> tuple[list[Wanted], Spans]:
    wanted = [Wanted(one.kinds, str(one.comparison), one.values) for one in query.conditions]
    return wanted, Spans(query.event_from, query.event_until, query.record_from, query.record_until)


@pytest.mark.parametrize("by", ["event_time", "record_time", "number", "number https://example.org/size"])
@pytest.mark.parametrize("descending", [True, False])
def test_pages_follow_each_other_in_order(kept: Any, by: str, descending: bool) -> None:
    database, those = kept
    order = Order(by, descending)
    with database.read() as connection:
        whole = events.search(connection, ALL, (), Spans(), order, limit=1000)
        found: list[StoredEvent] = []
        after = None
        while page := events.search(connection, ALL, (), Spans(), order, after=after, limit=7):
            found += [row for row, _ in page]
            after = (page[-1][1], page[-1][0].number)
    assert [row.number for row in found] == [row.number for row, _ in whole]
    assert len(found) == len(those)
    keys = [key for _, key in whole]
    assert keys == sorted(keys, reverse=descending)


@pytest.mark.parametrize(
    ("sight", "seen"),
    [
        (Sight(0, TYPES), {"urn:x:3"}),
        (Sight(7, TYPES), {"urn:x:0", "urn:x:1", "urn:x:3"}),
        (Sight(7, []), {"urn:x:0", "urn:x:3"}),
        (Sight(8, TYPES), {"urn:x:2", "urn:x:3"}),
        (Sight(None, TYPES), {"urn:x:0", "urn:x:1", "urn:x:2", "urn:x:3"}),
        (Sight(None, []), {"urn:x:0", "urn:x:3"}),
    ],
)
def test_each_sees_its_own(database: Database, sight: Sight, seen: set[str]) -> None:
    one, two, three, four = (made(number, random.Random(number)) for number in range(4))
    with database.write() as connection:
        new = [
            stored(one, 0),
            stored(two, 1, parts="place"),
            stored(three, 2, parts="place", readers=(8,)),
            stored(four, 3, readers=(EVERYBODY,)),
        ]
        events.add(connection, new)
    with database.read() as connection:
        found = events.search(connection, sight, (), Spans(), Order(), limit=10)
        step = [Wanted(("eventID",), "=", [f"urn:x:{number}" for number in range(4)])]
        again = events.search(connection, sight, step, Spans(), Order(), limit=10)
        named = {i for i in range(4) if events.newest(connection, sight, f"urn:x:{i}") is not None}
        values = events.values(connection, sight, ["eventID"], "", 10)
    assert {row.event_id for row, _ in found} == {row.event_id for row, _ in again} == seen
    assert {f"urn:x:{number}" for number in named} == set(values) == seen


def test_what_a_record_made_goes_with_its_terms_and_is_due_again(database: Database) -> None:
    with database.write() as connection:
        events.add(connection, [stored(made(1, random.Random(1)), 1, parts="place")])
        events.add(connection, [stored(made(2, random.Random(2)), 2)])
        events.forget(connection, bytes([1]) * 32)
    with database.read() as connection:
        assert events.due(connection, 10) == [bytes([1]) * 32]
        assert events.values(connection, ALL, ["eventID"], "", 10) == ["urn:x:2"]
        left = connection.exec_driver_sql("SELECT DISTINCT event FROM epcis_terms").all()
    assert len(left) == 1


@pytest.fixture
def plans(tmp_path: Path) -> Iterator[list[str]]:
    """What SQLite says it does for each query on a database with some events in it."""
    database = Database.open(f"sqlite:///{tmp_path / 'plans.db'}")
    found: list[str] = []
    with database.write() as connection:
        chance = random.Random(3)
        events.add(connection, [stored(made(number, chance), number) for number in range(50)])

    def explain(_connection: Any, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.startswith("SELECT"):
            cursor.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
            found.extend(str(row[3]) for row in cursor.fetchall())

    sqlalchemy_event.listen(database.engine, "before_cursor_execute", explain)
    mine = Sight(7, TYPES)
    with database.read() as connection:
        for parameters in QUERIES:
            events.search(connection, mine, *asked(parse_query(parameters)), Order("event_time", True), limit=5)
            events.count(connection, mine, *asked(parse_query(parameters)), 50)
        events.newest(connection, Sight(7, TYPES), "urn:x:1")
        events.captured_with(connection, [bytes(32)], 7)
        events.has_id(connection, "urn:x:1", 7)
        events.known(connection, "job")
        for kinds in (["bizStep"], ["epc", "parentID"]):
            events.values(connection, mine, kinds, "", 10)
            events.values(connection, ALL, kinds, "", 10)
    yield found
    database.close()


@pytest.mark.parametrize("few", [0, 7, 1_000])
def test_whichever_way_is_taken_the_same_is_found(kept: Any, few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the index of a condition that few events meet, or by all events in order."""
    database, _ = kept
    with database.read() as connection:
        for parameters in QUERIES:
            for sight in (Sight(7, TYPES), ALL):
                query = asked(parse_query(parameters))
                usual = events.search(connection, sight, *query, Order("event_time", True), limit=9)
                with monkeypatch.context() as patched:
                    patched.setattr(events, "FEW", few)
                    assert events.search(connection, sight, *query, Order("event_time", True), limit=9) == usual


def test_no_query_reads_what_no_index_led_to(plans: list[str]) -> None:
    assert len(plans) > 60
    assert [step for step in plans if step.startswith("SCAN epcis") and "USING INDEX" not in step] == []


def described(number: int, partner: int, *floors: tuple[str, int]) -> NewEvent:
    """Master data of a partner: a place, and how many floors it has."""
    listed = [{"id": place, "attributes": [{"id": "ext:floors", "attribute": told}]} for place, told in floors]
    vocabulary = {"type": "urn:epcglobal:epcis:vtype:ReadPoint", "vocabularyElementList": listed}
    terms = MasterData([vocabulary], DECLARED).terms()
    return NewEvent(
        "", b"", events.MASTER_DATA, f"told {number}", bytes([number]) * 32, 0, 0, "", "{}", terms, {partner}
    )


def test_master_data_is_asked_by_whoever_may_see_it_and_is_no_event(database: Database) -> None:
    first, second = f"{PLACE}/254/1", f"{PLACE}/254/2"
    chance = random.Random(3)
    those = [
        Event({**made(n, chance).members, "readPoint": {"id": place}}, DECLARED)
        for n, place in enumerate([first, second])
    ]
    query = parse_query({"EQATTR_readPoint_https://example.org/floors": "3"})
    entries = {(start_of("ReadPoint"), place) for place in (first, second)}
    with database.write() as connection:
        events.add(connection, [stored(one, number, readers=(EVERYBODY,)) for number, one in enumerate(those)])
        events.describe(connection, described(1, 7, (first, 3), (second, 3)), entries)
        events.describe(connection, described(2, 8, (second, 3)), {(start_of("ReadPoint"), second)})
        events.describe(connection, described(3, 7, (first, 4)), {(start_of("ReadPoint"), first)})

    def found(sight: Sight, asked_for: EventQuery = query) -> set[str]:
        with database.read() as connection:
            listed = events.search(connection, sight, *asked(asked_for), Order(), limit=100)
            assert events.count(connection, sight, *asked(asked_for), 100) == len(listed)
        return {row.event_id for row, _ in listed}

    assert [found(Sight(who, TYPES)) for who in (7, 8, 9, 0, None)] == [
        {"urn:x:1"},
        {"urn:x:1"},
        set(),
        set(),
        {"urn:x:1"},
    ]
    again = parse_query({"EQATTR_readPoint_https://example.org/floors": "4"})
    assert [found(Sight(who, TYPES), again) for who in (7, 8)] == [{"urn:x:0"}, set()]
    assert found(ALL, parse_query({})) == {"urn:x:0", "urn:x:1"}
    with database.write() as connection:
        events.start_over(connection)
        assert events.described(connection, "told 1") == "{}"
        assert events.known(connection, "told 1") == []
    assert found(Sight(8, TYPES)) == {"urn:x:1"}
