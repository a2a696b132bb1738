"""The `lading` command. Each sub-command lives in `ledger/cli/commands`; this file only puts them together.

A command's module is imported when it is called, and the list of commands needs none of them: `lading verify` needs
neither web server nor chain, should not wait for them, and works where only the base package is installed.
"""

import gc
import os
from collections.abc import Callable
from importlib import import_module, metadata
from typing import Annotated, Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_group

from ledger.cli import output
from ledger.errors import LadingError, StorageFailed


class Entry(NamedTuple):
    """A command: its module in `ledger/cli/commands`, and the first paragraph of its help.

    The module holds a function of the command's name (with a _ behind it where Python needs that), or an `app` with
    commands of its own.
    """

    module: str
    help: str


PANELS: dict[str, dict[str, Entry]] = {
    "Sign": {
        "sign": Entry("sign", "Show a record in words and sign it; the other side signs what this writes or shows."),
        "submit": Entry("submit", "Hand in signed records, in any order."),
        "keys": Entry("keys", "Make and show signing keys (encrypted keystores)."),
        "worklist": Entry("worklist", "What waits for you at a service, and drafts of what is to be signed."),
        "events": Entry("events", "Events of the log, one for each record, in its order."),
        "webhooks": Entry("events", "Have events of the log delivered to an address of yours, signed."),
        "partners": Entry("partners", "Who takes part, asking to be admitted, and the changes that the council signs."),
    },
    "Shipments": {
        "product": Entry(
            "product", "What a brand says of its product: name, description and picture, written down and published."
        ),
        "recall": Entry("recall", "Trace goods by custody: who holds them, who had them, who has answered the recall."),
        "trace": Entry(
            "provenance.trace", "Trace goods by custody, up to what they came from and down to whoever holds them."
        ),
        "gaps": Entry(
            "provenance.gaps",
            "Where records do not add up, each finding with the records that it rests on.",
        ),
        "document": Entry(
            "document",
            "Documents of partners' systems: a despatch advice becomes drafts, what was signed a receipt or a status.",
        ),
        "import": Entry(
            "imports.files",
            "Read a partner's own file under a map: what each line becomes, then records or drafts of them.",
        ),
        "market": Entry("market", "Rules by market: files, what terms need, and what a new version changes."),
        "replay": Entry(
            "imports.replay", "Turn a delivery history into signed terms and manifests, and add up the penalties."
        ),
    },
    "Numbers": {
        "penalties": Entry("numbers", "Delay penalties from verified records: who owes what to whom, and why."),
        "scores": Entry("scores", "Partner scores, and the scorecards by which they are measured."),
        "access": Entry("access", "Access by score: gates, where partners stand at them, evidence of a change."),
        "bonuses": Entry("bonuses", "Bonus agreements, their rules and awards."),
        "network": Entry(
            "network",
            "How lanes, markets, modes, carriers and fulfilments perform; and the validators of a reference network.",
        ),
        "stock": Entry(
            "stock", "Who holds which goods where, at any second, from what both sides signed; nobody counts."
        ),
        "league": Entry(
            "network.league", "Who works on a lane, side by side: carriers by time, cost and penalties, in intervals."
        ),
        "plan": Entry("plan", "Plans from verified records: advice, with the records it rests on."),
        "report": Entry(
            "report", "Write one HTML page with indicators, lanes, penalties, scores, charts and what comes next."
        ),
    },
    "Verify": {
        "verify": Entry(
            "verify", "Check a bundle, answer, receipt or credential offline: no database, no node, no network."
        ),
        "credential": Entry(
            "credential", "Issue Verifiable Credentials of what you signed (UNTP, vc+jwt), with the key that signed it."
        ),
        "export": Entry(
            "bundles", "Write what is needed to check a shipment, a partner, an award, a product or any answer offline."
        ),
        "trust": Entry("bundles", "Write this consortium's trust file, for signers and verifiers."),
        "validators": Entry(
            "validators", "The CometBFT validators by whose seals bundles are proved: propose, approve, adopt."
        ),
        "epcis": Entry("formats.epcis", "Check EPCIS 2.0 files offline, and tell the hash ids of their events."),
        "audit": Entry("audit", "Derive everything anew from signed records, chain and log, and name what differs."),
        "monitor": Entry("audit", "Audit for ever, and end when anything differs."),
    },
    "Run": {
        "demo": Entry("demo", "Play some weeks of a supply chain, check every promise, and serve it."),
        "serve": Entry("serve", "Serve the API and the pages of the consortium in LADING_HOME."),
        "work": Entry("serve", "Relay, publish and anchor for services that run with --no-worker."),
        "found": Entry("found", "Make the operator's keys and deploy the contracts on LADING_CHAIN."),
        "opening": Entry("found", "Prepare what the council has not yet decided of the founding."),
        "join": Entry("found", "Become a further operator: keys and a log of your own, on the consortium's network."),
        "contracts": Entry("contracts", "Which contracts take records, and how the council replaces one."),
        "forward": Entry("forward", "Forward records to another operator, as far as partners consent."),
        "erase": Entry("rebuild", "Erase private parts of a record for ever: salt and body leave this home."),
        "erased": Entry("rebuild", "List what was erased in this home: when, by whom and why."),
        "witness": Entry(
            "witness", "A witness of logs: make one, and serve it (C2SP tlog-witness); and copies of logs for readers."
        ),
        "backup": Entry(
            "backup", "Copy the home in LADING_HOME into a folder, while it is served or not, and audit the copy."
        ),
        "restore": Entry("backup", "Make the home in LADING_HOME, which must be empty, from a backup, and audit it."),
        "upgrade": Entry(
            "rebuild", "Bring a home of an older release up to date. Make a backup and stop the node first."
        ),
        "rebuild": Entry("rebuild", "Make the database whole again. Stop the node first."),
    },
}
COMMANDS = {name: entry for entries in PANELS.values() for name, entry in entries.items()}


class LazyGroup(TyperGroup):
    """Imports a command only to run it or to show its own help; the list of commands is `PANELS`."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 Click's signature
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002 the same
        """What the list shows of a command; it cannot be run."""
        for panel, entries in PANELS.items():
            if cmd_name in entries:
                return TyperCommand(cmd_name, help=entries[cmd_name].help, rich_help_panel=panel)
        return None

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if args and args[0] in COMMANDS:
            command = loaded(args[0])
            imported()
            return args[0], command, args[1:]
        return super().resolve_command(ctx, args)


app = typer.Typer(
    cls=LazyGroup, name="lading", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
)


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"lading {metadata.version('lading')}")
        raise typer.Exit


@app.callback()
def lading(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and end.")
    ] = False,
) -> None:
    """A permissioned ledger for supply chain traceability."""


def loaded(name: str) -> Any:
    """The command `name` of `COMMANDS`, its module imported."""
    module: Any = import_module(f"ledger.cli.commands.{COMMANDS[name].module}")
    holder = typer.Typer(pretty_exceptions_enable=False)
    function = getattr(module, name, None) or getattr(module, f"{name}_", None)  # `import` is no name in Python
    if function is not None:
        holder.command(name)(function)
    else:
        holder.add_typer(module.app, name=name)
    return _flowing(get_group(holder).commands[name])


def _flowing(command: Any) -> Any:
    """The command with those below it; the lines of their help's paragraphs end where the terminal does, and not where
    the source's did."""
    paragraphs = (command.help or "").split("\n\n")
    command.help = "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs) or None
    for below in getattr(command, "commands", {}).values():
        _flowing(below)
    return command


def main() -> None:
    """Entry point."""
    importing()
    in_words(app)


def importing() -> None:
    """Look for no garbage until `imported`: there is none among modules, and looking takes a fifth of the time that
    a command takes to begin.
    """
    gc.disable()


def imported() -> None:
    """What there is now stays for as long as the process, and is never looked through; nothing happens where
    `importing` was not called before."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()


def in_words(command: Callable[[], object]) -> None:
    """Run `command`: a deliberate error becomes a sentence and an exit status, never a stack trace."""
    # Databases, bundles and reports hold opened private parts: what a command writes is its owner's alone.
    os.umask(0o077)
    try:
        command()
    except LadingError as error:
        output.fail(error)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] == "ledger":
            raise
        output.fail(output.lacking(error))
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    except BrokenPipeError:
        raise SystemExit(1) from None
    except OSError as error:
        where = error.filename if isinstance(error.filename, str) else ""
        output.fail(StorageFailed("the system refused", where=where, found=error.strerror or str(error)))


if __name__ == "__main__":
    main()
