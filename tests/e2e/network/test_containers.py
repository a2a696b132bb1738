"""Of compose.yaml what needs no validators: secrets, database, a witness; in namespaces instead of containers."""

from collections.abc import Iterator

import pytest

from tests.e2e.cli.test_guides import run
from tests.e2e.network.project import Compose, may_make_containers, script

LOG = "ledger.example.org/log+1406e48f+AZ1Y/mKs7OLhAV/rXXlKIlFxBHBb4pEEUgMFimovwmPN"
CONNECT = """
import os, psycopg, sqlalchemy
url = sqlalchemy.make_url(os.environ["LADING_DATABASE_URL"])
role = "SELECT rolname, rolsuper, rolcreatedb FROM pg_roles WHERE rolname = current_user"
print(*sqlalchemy.create_engine(url).connect().exec_driver_sql(role).one())
"""
BEGIN = f"""
compose run --rm --no-deps -T --entrypoint python lading -c "$CONNECT"
compose run --rm --no-deps -T witness-1 witness new /var/lib/lading-witness --name example.org/w1 --log {LOG}
compose up --wait witness-1
"""


@pytest.fixture(scope="module")
def compose(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Compose, str]]:
    """PostgreSQL and a witness, begun with the secrets that the guide makes; and what was printed."""
    if not may_make_containers():
        pytest.skip("no namespaces here: it wants root, iproute2, util-linux and a clone that every user may read")
    project = Compose(tmp_path_factory.mktemp("containers"), CONNECT=CONNECT)
    try:
        told, _ = run(script(2) + BEGIN, project.folder, project.env)
        yield project, told
    finally:
        project("down")


def test_the_password_is_in_a_file_that_libpq_believes(compose: tuple[Compose, str]) -> None:
    project, told = compose
    assert told.splitlines()[0] == "lading False False"
    without = project(
        "run",
        "--rm",
        "--no-deps",
        "-T",
        "--env",
        "LADING_DATABASE_URL=postgresql+psycopg://lading@postgres/lading",
        "--entrypoint",
        "python",
        "lading",
        "-c",
        CONNECT,
    )
    assert "no password supplied" in without.stderr


@pytest.mark.parametrize("service", ["postgres", "witness-1"])
def test_a_container_writes_its_volumes_alone_and_is_nobody(compose: tuple[Compose, str], service: str) -> None:
    compose[0].check_confined(service)


def test_a_service_without_its_folder_is_not_healthy_and_says_why(compose: tuple[Compose, str]) -> None:
    done = compose[0]("up", "--wait", "witness-2")
    assert done.returncode != 0
    assert "/var/lib/lading-witness" in done.stderr
