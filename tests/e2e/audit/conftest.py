"""A home with everything in it, told once for all tests of a worker: they read it, and edit copies."""

import pytest

from tests.e2e.audit.full_home import FullHome, make_full_home


@pytest.fixture(scope="package")
def full(tmp_path_factory: pytest.TempPathFactory) -> FullHome:
    return make_full_home(tmp_path_factory.mktemp("full"))
