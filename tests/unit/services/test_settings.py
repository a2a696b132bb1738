"""Settings: read once, strictly, and never shown with what they protect."""

from pathlib import Path

import pytest

from ledger.errors import Misconfigured
from ledger.services.home.settings import TABLE, Settings, read_settings


def test_without_any_setting_there_is_a_default_for_each() -> None:
    settings = read_settings({})
    assert settings.home.is_absolute()
    assert settings.database_url == f"sqlite:///{settings.home / 'ledger.db'}"
    assert (settings.chain, settings.finality_depth, settings.origin) == ("embedded", 0, "lading.local/log")
    assert (settings.host, settings.port, settings.public_url) == ("127.0.0.1", 8000, "http://127.0.0.1:8000")
    assert (settings.log_level, settings.passphrase) == ("info", None)


def test_every_setting_is_read(tmp_path: Path) -> None:
    settings = read_settings(
        {
            "LADING_HOME": str(tmp_path),
            "LADING_DATABASE_URL": "postgresql+psycopg://lading@db/lading",
            "LADING_CHAIN": "https://node.example:8545",
            "LADING_FINALITY_DEPTH": "12",
            "LADING_ORIGIN": "example.org/log",
            "LADING_PASSPHRASE": " with spaces ",
            "LADING_HOST": "0.0.0.0",  # noqa: S104 - read, not listened on
            "LADING_PORT": "65535",
            "LADING_PUBLIC_URL": "https://ledger.example/",
            "LADING_QUOTA_READS": "1",
            "LADING_QUOTA_READ_BURST": "2",
            "LADING_QUOTA_WRITES": "0",
            "LADING_QUOTA_WRITE_BURST": "1000000",
            "LADING_LOG_LEVEL": "debug",
            "LADING_CLOCK_TOLERANCE": "3600",
            "LADING_COMETBFT": "http://node.example:26657",
            "LADING_IN_FLIGHT": "1",
            "LADING_BLOCK_SHARE": "100",
        }
    )
    assert settings == Settings(
        home=tmp_path.resolve(),
        database_url="postgresql+psycopg://lading@db/lading",
        chain="https://node.example:8545",
        finality_depth=12,
        origin="example.org/log",
        host="0.0.0.0",  # noqa: S104
        port=65535,
        public_url="https://ledger.example",
        quota_reads=1,
        quota_read_burst=2,
        quota_writes=0,
        quota_write_burst=1_000_000,
        log_level="debug",
        clock_tolerance=3600,
        in_flight=1,
        block_share=100,
        passphrase=" with spaces ",
        cometbft="http://node.example:26657",
    )
    fields = {f"LADING_{name.upper()}" for name in Settings.__slots__}
    assert TABLE.keys() - {"LADING_PASSPHRASE_FILE"} == fields


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"LADING_PORT": "8123"}, "http://127.0.0.1:8123"),
        ({"LADING_HOST": "ledger.lan", "LADING_PORT": "80"}, "http://ledger.lan"),
        ({"LADING_HOST": "::1"}, "http://[::1]:8000"),
        ({"LADING_HOST": "0.0.0.0"}, "http://127.0.0.1:8000"),  # noqa: S104 - read, not listened on
        ({"LADING_HOST": "::", "LADING_PORT": "9"}, "http://[::1]:9"),
        ({"LADING_PORT": "8123", "LADING_PUBLIC_URL": "https://ledger.example/"}, "https://ledger.example"),
    ],
)
def test_the_public_url_follows_host_and_port_unless_it_is_set(environment: dict[str, str], expected: str) -> None:
    assert read_settings(environment).public_url == expected


@pytest.mark.parametrize("home", ["taken", "taken/below"])
def test_a_home_that_is_a_file_is_refused_in_words(tmp_path: Path, home: str) -> None:
    (tmp_path / "taken").write_text("something else")
    with pytest.raises(Misconfigured, match="LADING_HOME: not a folder") as refused:
        read_settings({"LADING_HOME": str(tmp_path / home)})
    assert str(tmp_path / "taken") in str(refused.value)


def test_every_default_in_the_table_is_the_real_one() -> None:
    settings = read_settings({})
    for name, (default, meaning) in TABLE.items():
        assert meaning
        if default.startswith("`") and default.endswith("`"):
            value = getattr(settings, name.removeprefix("LADING_").lower())
            assert default == f"`{value}`"
        elif default == "none" and name != "LADING_PASSPHRASE_FILE":
            assert getattr(settings, name.removeprefix("LADING_").lower()) is None


def test_a_home_given_by_the_caller_wins(tmp_path: Path) -> None:
    assert read_settings({"LADING_HOME": "/nowhere"}, home=tmp_path).home == tmp_path.resolve()
    assert str(tmp_path) in read_settings({}, home=tmp_path).database_url


def test_a_home_may_start_at_the_user(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert read_settings({"LADING_HOME": "~/lading"}).home == tmp_path.resolve() / "lading"


def test_the_environment_is_the_default_source(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LADING_PORT", "8123")
    assert read_settings().port == 8123
    assert read_settings({"UNRELATED": "1"}).port == 8000


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LADING_PROT", "8000"),
        ("LADING_", ""),
        ("LADING_PORT", "-1"),
        ("LADING_QUOTA_READS", "1.5"),
        ("LADING_QUOTA_READ_BURST", "0"),
        ("LADING_QUOTA_WRITES", "1000001"),
        ("LADING_QUOTA_WRITE_BURST", "-1"),
        ("LADING_PORT", "65536"),
        ("LADING_PORT", "8e3"),
        ("LADING_PORT", ""),
        ("LADING_PORT", "٣"),
        ("LADING_PORT", "9" * 5000),
        ("LADING_FINALITY_DEPTH", "soon"),
        ("LADING_IN_FLIGHT", "0"),
        ("LADING_BLOCK_SHARE", "101"),
        ("LADING_CHAIN", ""),
        ("LADING_CHAIN", "Embedded"),
        ("LADING_CHAIN", "ws://node.example"),
        ("LADING_COMETBFT", "tcp://node.example:26657"),
        ("LADING_PUBLIC_URL", "ledger.example"),
        ("LADING_PUBLIC_URL", ""),
        ("LADING_LOG_LEVEL", "loud"),
        ("LADING_PASSPHRASE_FILE", "/nowhere/passphrase"),
    ],
)
def test_values_that_make_no_sense_are_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        read_settings({name: value})
    assert caught.value.where == name


def test_the_passphrase_may_lie_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "passphrase"
    file.write_text("correct horse\n")
    assert read_settings({"LADING_PASSPHRASE_FILE": str(file)}).passphrase == "correct horse"
    both = {"LADING_PASSPHRASE_FILE": str(file), "LADING_PASSPHRASE": "battery staple"}
    assert read_settings(both).passphrase == "battery staple"
    assert read_settings({"LADING_PASSPHRASE_FILE": ""}).passphrase is None
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(Misconfigured, match="not text"):
        read_settings({"LADING_PASSPHRASE_FILE": str(file)})


def test_no_secret_is_shown() -> None:
    settings = read_settings(
        {
            "LADING_PASSPHRASE": "hunter2",
            "LADING_DATABASE_URL": "postgresql+psycopg://lading:hunter2@db/lading",
            "LADING_CHAIN": "https://lading:hunter2@node.example",
        }
    )
    assert "hunter2" not in repr(settings)
    assert "hunter2" not in f"{settings}"
    assert "embedded" in repr(read_settings({}))


def test_several_nodes_are_named_with_commas_between() -> None:
    settings = read_settings({"LADING_CHAIN": "http://one.example, https://two.example/rpc"})
    assert settings.nodes == ("http://one.example", "https://two.example/rpc")
    assert "one.example" not in repr(settings)
    assert read_settings({}).nodes == ()
    for wrong in ("embedded,http://one.example", "http://one.example,", "http://one.example,http://one.example"):
        with pytest.raises(Misconfigured, match="LADING_CHAIN"):
            read_settings({"LADING_CHAIN": wrong})


@pytest.mark.parametrize("program", [None, "/opt/node"])
def test_a_process_hands_its_settings_to_one_of_its_own(tmp_path: Path, program: str | None) -> None:
    named = {"LADING_NETWORK_PROGRAM": program} if program else {}
    settings = read_settings({"LADING_HOME": str(tmp_path), "LADING_PASSPHRASE": "line\nbreak", **named})
    text = settings.to_json()
    assert "\n" not in text
    assert Settings.from_json(text) == settings
