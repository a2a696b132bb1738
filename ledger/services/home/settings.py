"""Every setting, read once from the environment. The table in the README is compared with `TABLE` by a test."""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from platformdirs import user_data_dir

from ledger.common.periods import DAY
from ledger.common.web_addresses import Network, networks_of
from ledger.errors import Misconfigured

TABLE: dict[str, tuple[str, str]] = {
    "LADING_HOME": ("the platform's data directory", "everything that Lading keeps lies under it"),
    "LADING_DATABASE_URL": ("`ledger.db` under the home", "SQLAlchemy URL; PostgreSQL as `postgresql+psycopg://…`"),
    "LADING_CHAIN": ("`embedded`", "`embedded`, or JSON-RPC URLs of an EVM network, comma between"),
    "LADING_FINALITY_DEPTH": ("`0`", "blocks that make a block final, where a network has no `finalized` tag"),
    "LADING_COMETBFT": ("none", "CometBFT RPC: `lading export` adds seals"),
    "LADING_IN_FLIGHT": ("`32`", "transactions that may wait at a network"),
    "LADING_BLOCK_SHARE": ("`25`", "per cent of a block's gas for one transaction"),
    "LADING_ORIGIN": ("`lading.local/log`", "origin line of the log's checkpoints; fixed once the log exists"),
    "LADING_PASSPHRASE": ("none", "passphrase of the keystores under `keys/`"),
    "LADING_PASSPHRASE_FILE": ("none", "file with the passphrase, where `LADING_PASSPHRASE` is not set"),
    "LADING_CLOCK_TOLERANCE": ("`900`", "seconds that the clock may differ from all else that tells the time"),
    "LADING_HOST": ("`127.0.0.1`", "address that `lading serve` listens on"),
    "LADING_PORT": ("`8000`", "port that `lading serve` listens on"),
    "LADING_PUBLIC_URL": ("host and port", "what browsers and wallets call the service; checked at sign-in"),
    "LADING_QUOTA_READS": ("`200`", "points a second for reading, of a partner or address; 1 to 100 a request; 0: any"),
    "LADING_QUOTA_READ_BURST": ("`2000`", "points for reading that are saved up at most"),
    "LADING_QUOTA_WRITES": ("`200`", "records a second of a signer; what is refused counts for its sender; 0: any"),
    "LADING_QUOTA_WRITE_BURST": ("`5000`", "records that are saved up at most"),
    "LADING_WEBHOOK_NETWORKS": ("none", "private networks that webhooks may go to"),
    "LADING_NETWORK_PROGRAM": (
        "what `make network-node` built, or the PATH",
        "program of a reference network's validators",
    ),
    "LADING_LOG_LEVEL": ("`info`", "`debug`, `info`, `warning` or `error`"),
}
EMBEDDED = "embedded"
MOST_QUOTA = 1_000_000
LOG_LEVELS = ("debug", "info", "warning", "error")
_WEB = ("http://", "https://")


@dataclass(frozen=True, slots=True)
class Settings:
    home: Path
    database_url: str
    chain: str
    finality_depth: int
    origin: str
    host: str
    port: int
    public_url: str
    quota_reads: int
    quota_read_burst: int
    quota_writes: int
    quota_write_burst: int
    log_level: str
    clock_tolerance: int
    in_flight: int
    block_share: int
    passphrase: str | None = None
    network_program: Path | None = None
    cometbft: str | None = None
    webhook_networks: str | None = None

    @property
    def networks(self) -> tuple[Network, ...]:
        """Those of `webhook_networks`."""
        return networks_of(self.webhook_networks or "", "LADING_WEBHOOK_NETWORKS")

    @property
    def nodes(self) -> tuple[str, ...]:
        """The URLs of the network's nodes; none with the embedded chain."""
        return () if self.chain == EMBEDDED else tuple(self.chain.split(","))

    def to_json(self) -> str:
        """One line with all of them, the passphrase too: for the eyes of a process of one's own."""
        return json.dumps(asdict(self), default=str)

    @classmethod
    def from_json(cls, text: str) -> "Settings":
        told = json.loads(text)
        program = told["network_program"]
        return cls(**told | {"home": Path(told["home"]), "network_program": Path(program) if program else None})

    def __repr__(self) -> str:
        # Never the passphrase, and never the password that a URL of a database or node may hold.
        chain = self.chain if self.chain == EMBEDDED else f"{len(self.nodes)} RPC URLs"
        return f"Settings(home={str(self.home)!r}, chain={chain!r}, origin={self.origin!r})"


def read_settings(environment: Mapping[str, str] | None = None, *, home: Path | None = None) -> Settings:
    """The settings in force. Raises `Misconfigured` for an unknown `LADING_*` name or a value that makes no sense."""
    env = os.environ if environment is None else environment
    unknown = sorted(name for name in env if name.startswith("LADING_") and name not in TABLE)
    if unknown:
        raise Misconfigured("unknown setting", where=unknown[0], expected=", ".join(TABLE), mend="See the README.")
    path = home or Path(env.get("LADING_HOME") or user_data_dir("lading", appauthor=False)).expanduser()
    path = path.resolve()
    if wrong := next((one for one in (path, *path.parents) if one.exists() and not one.is_dir()), None):
        raise Misconfigured(
            "not a folder",
            where="LADING_HOME",
            found=str(wrong),
            mend="Choose a folder; it is made where it is missing.",
        )
    chain = _chain(env)
    cometbft = env.get("LADING_COMETBFT") or None
    if cometbft is not None and not cometbft.startswith(_WEB):
        raise Misconfigured(
            "not the address of a node", where="LADING_COMETBFT", expected="an http(s) URL", found=cometbft[:40]
        )
    host, port = env.get("LADING_HOST", "127.0.0.1"), _whole(env, "LADING_PORT", 8000, 65_535)
    public_url = env.get("LADING_PUBLIC_URL", _address(host, port)).rstrip("/")
    if not public_url.startswith(_WEB):
        raise Misconfigured("not a web address", where="LADING_PUBLIC_URL", expected="http(s)://…", found=public_url)
    webhook_networks = env.get("LADING_WEBHOOK_NETWORKS") or None
    networks_of(webhook_networks or "", "LADING_WEBHOOK_NETWORKS")
    log_level = env.get("LADING_LOG_LEVEL", "info")
    if log_level not in LOG_LEVELS:
        raise Misconfigured(
            "no such level", where="LADING_LOG_LEVEL", expected=", ".join(LOG_LEVELS), found=log_level[:40]
        )
    return Settings(
        home=path,
        database_url=env.get("LADING_DATABASE_URL") or f"sqlite:///{path / 'ledger.db'}",
        chain=chain,
        finality_depth=_whole(env, "LADING_FINALITY_DEPTH", 0, 1_000_000),
        origin=env.get("LADING_ORIGIN", "lading.local/log"),
        host=host,
        port=port,
        public_url=public_url,
        quota_reads=_whole(env, "LADING_QUOTA_READS", 200, MOST_QUOTA),
        quota_read_burst=_whole(env, "LADING_QUOTA_READ_BURST", 2000, MOST_QUOTA, least=1),
        quota_writes=_whole(env, "LADING_QUOTA_WRITES", 200, MOST_QUOTA),
        quota_write_burst=_whole(env, "LADING_QUOTA_WRITE_BURST", 5000, MOST_QUOTA, least=1),
        log_level=log_level,
        clock_tolerance=_whole(env, "LADING_CLOCK_TOLERANCE", 900, 366 * DAY, least=300),
        in_flight=_whole(env, "LADING_IN_FLIGHT", 32, 1000, least=1),
        block_share=_whole(env, "LADING_BLOCK_SHARE", 25, 100, least=1),
        passphrase=_passphrase(env),
        network_program=Path(program).expanduser() if (program := env.get("LADING_NETWORK_PROGRAM")) else None,
        cometbft=cometbft,
        webhook_networks=webhook_networks,
    )


def _chain(env: Mapping[str, str]) -> str:
    nodes = [node.strip() for node in env.get("LADING_CHAIN", EMBEDDED).split(",")]
    if nodes != [EMBEDDED] and (len(set(nodes)) < len(nodes) or not all(node.startswith(_WEB) for node in nodes)):
        wrong = next((i for i, node in enumerate(nodes) if not node.startswith(_WEB)), None)
        raise Misconfigured(
            "not a chain",
            where="LADING_CHAIN",
            expected="embedded, or different http(s) URLs with commas between them",
            found="the same URL twice" if wrong is None else nodes[wrong][:40],
        )
    return ",".join(nodes)


def _address(host: str, port: int) -> str:
    """The web address of a service that listens there; where it listens on all addresses, this machine's own."""
    name = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - read, not listened on
    return f"http://{f'[{name}]' if ':' in name else name}" + (f":{port}" if port != 80 else "")


def _whole(env: Mapping[str, str], name: str, default: int, most: int, least: int = 0) -> int:
    text = env.get(name, str(default))
    if not text.isascii() or not text.isdigit() or len(text) > 9 or not least <= int(text) <= most:
        raise Misconfigured("not a whole number in range", where=name, expected=f"{least} to {most}", found=text[:40])
    return int(text)


def _passphrase(env: Mapping[str, str]) -> str | None:
    if "LADING_PASSPHRASE" in env:
        return env["LADING_PASSPHRASE"]
    name = env.get("LADING_PASSPHRASE_FILE")
    if not name:
        return None
    try:
        return Path(name).read_text(encoding="utf-8").strip()
    except UnicodeDecodeError:
        raise Misconfigured("the passphrase file is not text", where="LADING_PASSPHRASE_FILE") from None
    except OSError as error:
        raise Misconfigured(
            "the passphrase file cannot be read", where="LADING_PASSPHRASE_FILE", found=error.strerror or ""
        ) from None
