"""What a database consists of, told so that anything added, removed or altered shows."""

from pathlib import Path

import pytest

from ledger.store.database import Database
from ledger.store.migrations import schema

NO_OP = {
    "sqlite": "CREATE TRIGGER x AFTER INSERT ON records BEGIN SELECT 1; END",
    "postgresql": "CREATE TRIGGER x AFTER INSERT ON records FOR EACH ROW EXECUTE FUNCTION lading_refuse()",
}
IDLE = {
    "sqlite": "CREATE TRIGGER records_no_update BEFORE UPDATE ON records WHEN 0 BEGIN SELECT 1; END",
    "postgresql": "CREATE OR REPLACE FUNCTION lading_refuse() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RETURN NEW; END $$",
}
DROP = {"sqlite": "DROP TRIGGER records_no_update", "postgresql": "DROP TRIGGER records_no_update ON records"}


def differences(database: Database, tmp_path: Path) -> set[str]:
    fresh = Database.open(f"sqlite:///{tmp_path / 'fresh.db'}")
    with database.read() as connection, fresh.read() as new:
        there, expected = schema.objects(connection), schema.expected_objects(connection, new)
    fresh.close()
    return {name for name in there | expected if there.get(name) != expected.get(name)}


def run(database: Database, *statements: str) -> None:
    with database.write() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def test_a_database_as_lading_made_it_is_as_expected(database: Database, tmp_path: Path) -> None:
    assert differences(database, tmp_path) == set()


@pytest.mark.parametrize(
    ("statement", "name"),
    [
        ("CREATE INDEX x ON records (log_time)", "index x"),
        ("DROP INDEX ix_outbox_state_log_index", "index ix_outbox_state_log_index"),
        ("ALTER TABLE openings ADD COLUMN x TEXT", "column openings.x"),
        ("ALTER TABLE checkpoints DROP COLUMN previous", "column checkpoints.previous"),
        ("DROP TABLE sightings", "table sightings"),
    ],
)
def test_what_is_added_or_removed_shows(database: Database, tmp_path: Path, statement: str, name: str) -> None:
    run(database, statement)
    assert name in differences(database, tmp_path)


def test_a_trigger_that_was_added_removed_or_made_idle_shows(database: Database, tmp_path: Path) -> None:
    run(database, NO_OP[database.dialect])
    assert differences(database, tmp_path) == {"trigger x"}
    run(database, DROP[database.dialect])
    assert differences(database, tmp_path) == {"trigger x", "trigger records_no_update"}
    run(database, IDLE[database.dialect])
    assert "trigger records_no_update" in differences(database, tmp_path)


def test_an_index_by_the_same_name_over_other_columns_shows(database: Database, tmp_path: Path) -> None:
    run(database, "DROP INDEX ix_sightings_path", "CREATE UNIQUE INDEX ix_sightings_path ON sightings (reader)")
    assert differences(database, tmp_path) == {"index ix_sightings_path"}


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
@pytest.mark.parametrize(
    ("statement", "name"),
    [
        ("ALTER TABLE sightings ADD CHECK (time < 0) NOT VALID", "constraints of sightings"),
        ("ALTER TABLE sightings ADD UNIQUE (place)", "constraints of sightings"),
        ("ALTER TABLE openings DROP CONSTRAINT fk_openings_record_id", "constraints of openings"),
        ("ALTER TABLE outbox ALTER COLUMN next_try TYPE integer", "column outbox.next_try"),
        ("ALTER TABLE outbox ALTER COLUMN problem DROP NOT NULL", "column outbox.problem"),
        ("ALTER TABLE records ENABLE ROW LEVEL SECURITY", "table records"),
    ],
)
def test_rules_for_rows_that_were_added_or_removed_show(
    database: Database, tmp_path: Path, statement: str, name: str
) -> None:
    run(database, statement)
    assert differences(database, tmp_path) == {name}
