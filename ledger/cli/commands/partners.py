"""`lading partners`: who takes part, asking to be admitted, and the changes that the council signs.

Nothing here has power of its own: `enrol` proves that somebody holds a key, the other commands prepare registry changes
that count once m of n council members have signed them (`lading sign`) and they are handed in (`lading submit`).
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from ledger.cli import sessions
from ledger.cli.commands.keys import keystore_path, open_key
from ledger.cli.connect import Ledger, connected, partners_at
from ledger.cli.output import err, out, print_json, table
from ledger.client import Client
from ledger.codes import RegistryAction, Role
from ledger.common.canonical import canonical_json
from ledger.common.gs1_keys import check_gln
from ledger.common.ids import ConsortiumId, bytes_from_hex, checksum_address, to_hex
from ledger.errors import MalformedRecord, RuleBroken
from ledger.records.types import RegistryChange
from ledger.registry.changes import admission, change
from ledger.registry.enrolment import Enrolment, RoleRequest, parse_enrolment, sign_enrolment
from ledger.services.home.settings import read_settings

app = typer.Typer(help="Who takes part, asking to be admitted, and the changes that the council signs.")
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Url = Annotated[str | None, typer.Option(help="The service to ask. Without it: the home in LADING_HOME.")]
Key = Annotated[str, typer.Argument(help="Name of a keystore under LADING_HOME/keys, or a path to one.")]
Partner = Annotated[int, typer.Argument(min=1, help="Number of the partner.")]
RoleText = Annotated[
    str, typer.Argument(help="Role, with its scope where it has one: carrier, customs:NZ, brand:9421900.")
]
Out = Annotated[Path | None, typer.Option(help="Folder for the changes, a file each. Without it they are printed.")]


@app.callback(invoke_without_command=True)
def listing(context: typer.Context, url: Url = None, json: Json = False) -> None:
    """List the partners, or use one of the commands below."""
    if context.invoked_subcommand is not None:
        return
    result = partners_at(url)
    if json:
        print_json({"partners": result})
        return
    rows = [
        (
            p["id"],
            p["name"],
            ", ".join(_role_text(role) for role in p["roles"]),
            p["gln"],
            "suspended" if p["suspended"] else "",
        )
        for p in result
    ]
    out.print(table(("", "partner", "roles", "GLN", ""), rows) if rows else "no partners yet")


@app.command()
def enrol(
    key: Key,
    name: Annotated[str, typer.Option(help="Name of the partner.")],
    role: Annotated[list[str], typer.Option(help="Role asked for, e.g. carrier or brand:9421900; repeat it for more.")],
    gln: Annotated[str, typer.Option(help="Global location number, 13 digits.")] = "",
    url: Url = None,
    json: Json = False,
) -> None:
    """Prove possession of a key and ask to be admitted. The council decides."""
    if gln:
        check_gln(gln, "--gln")
    settings = read_settings()
    signer = open_key(settings, keystore_path(settings, key))
    with connected(url) as ledger:
        consortium_id = _consortium_id(ledger)
        enrolment = Enrolment(consortium_id, name, gln, signer.address, tuple(parse_role(text) for text in role))
        answer = ledger.enrol(enrolment.document().decode(), to_hex(sign_enrolment(enrolment, signer)))
    if json:
        print_json(answer)
        return
    out.print(f"asked for {answer['name']} with the key {checksum_address(signer.address)}", markup=False)
    out.print(f"the council admits it with: lading partners admit {answer['document']}")


@app.command()
def enrolments(url: Url = None, json: Json = False) -> None:
    """List who has asked to be admitted."""
    with connected(url) as ledger:
        result = ledger.enrolments()
    if json:
        print_json({"enrolments": result})
        return
    for entry in result:  # no table: it would crop the hash that `admit` wants in full
        number = f"partner {entry['partner']}" if entry["partner"] else "not admitted"
        out.print(f"{entry['document']}  {entry['name']}, {number}", markup=False)
    if not result:
        out.print("nobody has asked")


@app.command()
def admit(
    document: Annotated[str, typer.Argument(help="Hash of the enrolment, as `lading partners enrolments` lists it.")],
    partner: Annotated[
        int | None, typer.Option(min=1, help="Number for the partner; the next free one without it.")
    ] = None,
    url: Url = None,
    out_folder: Annotated[Path | None, typer.Option("--out", help="Folder for the changes, a file each.")] = None,
) -> None:
    """Prepare the changes that admit who has enrolled: the admission, then each role."""
    with connected(url) as ledger:
        found = ledger.enrolment(document)
        state = ledger.consortium()
        number = partner or max((p["id"] for p in ledger.partners()), default=0) + 1
    if found["partner"]:
        raise RuleBroken("admitted already", where=document, found=f"partner {found['partner']}")
    consortium_id = ConsortiumId(bytes_from_hex(state["trust"]["consortiumId"], 32, "consortiumId"))
    enrolment = parse_enrolment(found["text"].encode(), consortium_id)
    if to_hex(enrolment.document_hash()) != to_hex(bytes_from_hex(document, 32, "document")):
        raise MalformedRecord("the service answered another document", where="document", expected=document)
    err.print(f"{enrolment.name} becomes partner {number}", markup=False)
    changes = admission(enrolment, number, state["next_sequence"])
    give(changes, to_hex(consortium_id), state["council"]["threshold"], out_folder)


@app.command()
def copy(source: Annotated[str, typer.Argument(help="URL of another operator's service.")], url: Url = None) -> None:
    """Hand in here what has enrolled at another operator: names are no part of the chain. Each proves itself anew."""
    theirs = Client(source)
    with connected(url) as ledger:
        known = {entry["document"] for entry in ledger.enrolments()}
        missing = [entry["document"] for entry in theirs.enrolments() if entry["document"] not in known]
        for document in missing:
            result = theirs.enrolment(document)
            ledger.enrol(result["text"], result["signature"])
    out.print(f"{len(missing)} enrolments copied")


@app.command()
def suspend(partner: Partner, url: Url = None, out: Out = None) -> None:
    """Prepare a suspension: in force at once. It stops opening, receiving and attesting, not handing on."""
    _prepare(url, out, RegistryAction.SUSPEND, partner=partner)


@app.command()
def reinstate(partner: Partner, url: Url = None, out: Out = None) -> None:
    """Prepare the end of a suspension."""
    _prepare(url, out, RegistryAction.REINSTATE, partner=partner)


@app.command()
def grant(partner: Partner, role: RoleText, url: Url = None, out: Out = None) -> None:
    """Prepare the grant of a role."""
    request = parse_role(role)
    _prepare(url, out, RegistryAction.GRANT_ROLE, partner=partner, role=int(request.role), scope=request.scope_bytes())


@app.command()
def withdraw(partner: Partner, role: RoleText, url: Url = None, out: Out = None) -> None:
    """Prepare the revocation of a role: in force at once."""
    request = parse_role(role)
    _prepare(url, out, RegistryAction.REVOKE_ROLE, partner=partner, role=int(request.role), scope=request.scope_bytes())


@app.command("add-key")
def add_key(
    partner: Partner,
    address: Annotated[str, typer.Argument(help="Address of the new master key.")],
    url: Url = None,
    out: Out = None,
) -> None:
    """Prepare a further master key for a partner, such as one for a lost key."""
    _prepare(url, out, RegistryAction.ADD_KEY, partner=partner, key=bytes_from_hex(address, 20, "address"))


@app.command("revoke-key")
def revoke_key(
    partner: Partner,
    address: Annotated[str, typer.Argument(help="Address of the key.")],
    url: Url = None,
    out: Out = None,
) -> None:
    """Prepare the revocation of a partner's key: in force at once, and for ever."""
    _prepare(url, out, RegistryAction.REVOKE_KEY, partner=partner, key=bytes_from_hex(address, 20, "address"))


@app.command("sign-in")
def sign_in(
    key: Key,
    url: Annotated[str, typer.Option(help="The service to sign in to.")] = "http://127.0.0.1:8000",
    json: Json = False,
) -> None:
    """Sign in to a service with a key and print the session: for the sign-in page, or as a bearer token."""
    settings = read_settings()
    signer = open_key(settings, keystore_path(settings, key))
    answer = sessions.sign_in(Client(url), signer)
    if json:
        print_json(answer)
    else:
        out.print(answer["token"], markup=False)


def parse_role(text: str) -> RoleRequest:
    """`carrier`, `customs:NZ`, `issuer:lading/authenticity/1`; raises `MalformedRecord`."""
    name, _, scope = text.partition(":")
    names = {role.name.lower().replace("_", "-"): role for role in Role}
    role = names.get(name.strip().lower().replace("_", "-").replace(" ", "-"))
    if role is None:
        raise MalformedRecord("no such role", where="role", expected=", ".join(names), found=name[:40])
    request = RoleRequest(role, scope.strip())
    request.scope_bytes()
    return request


def _prepare(url: str | None, folder: Path | None, action: RegistryAction, **fields: Any) -> None:
    with connected(url) as ledger:
        state = ledger.consortium()
    consortium_id, threshold = state["trust"]["consortiumId"], state["council"]["threshold"]
    give([change(state["next_sequence"], action, **fields)], consortium_id, threshold, folder)


def give(changes: Sequence[RegistryChange], consortium_id: str, threshold: int, folder: Path | None) -> None:
    """Print the unsigned changes as one JSON object, or write them to files and say what to do with these."""
    unsigned = [{"type": type(record).__name__, "message": record.to_json(), "signatures": []} for record in changes]
    if folder is None:
        print_json({"consortium": consortium_id, "changes": unsigned})
        return
    folder.mkdir(parents=True, exist_ok=True)
    for record, data in zip(changes, unsigned, strict=True):
        name = RegistryAction(record.action).name.lower().replace("_", "-")
        path = folder / f"{record.sequence:05d}-{name}.json"
        path.write_bytes(canonical_json(data) + b"\n")
        err.print(str(path), markup=False)
    err.print(f"{threshold} council members sign each: lading sign KEY FILE --out FILE --consortium {consortium_id}")
    err.print("then: lading submit FILE…")


def _consortium_id(ledger: Ledger) -> ConsortiumId:
    return ConsortiumId(bytes_from_hex(ledger.consortium()["trust"]["consortiumId"], 32, "consortiumId"))


def _role_text(role: dict[str, Any]) -> str:
    scope = role["scope"][:10] + "…" if role["scope"].startswith("0x") else role["scope"]
    text = f"{role['role']} ({scope})" if scope else str(role["role"])
    return text if role["in_force"] else f"{text}, soon"
