"""Python types of what the API answers, from its OpenAPI document: `python -m scripts.generate_answer_types [--check]`.

`ledger/client/answers.py` has a `TypedDict` for each schema that an answer leads to. They are for type checkers alone:
answers stay the dictionaries that came, with whatever a later service adds.
"""

import builtins
import keyword
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

FILE = Path(__file__).resolve().parents[1] / "ledger" / "client" / "answers.py"
HEAD = '''\
"""What the API answers, for type checkers: generated from its OpenAPI document by scripts/generate_answer_types.py.

A service may answer more than stands here, a later one above all; nothing is checked while a program runs. Amounts that
may be wide are decimal strings, times UTC seconds, bytes 0x and lower-case hex.
"""
'''
WIDTH = 120
FILTERED = ("listRecords", "listShipments")
"""Operations whose filters are types too."""
_PAGING = ("after", "limit", "form", "format", "cursor")
_PLAIN = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}
_TAKEN = {*dir(builtins), "Any", "Literal", "NotRequired", "TypedDict"}


class Types:
    """The classes that answers need, each once: schemas by their names, shapes inside others by their titles."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._schemas: Mapping[str, Any] = document["components"]["schemas"]
        self._shapes: dict[str, Any] = {}
        self.texts: dict[str, str] = {}
        """The statement that makes each, those that it uses before it."""
        self.apart: set[str] = set()
        """Those of which an answer is one or another: a type checker tells final ones apart by `"field" in answer`."""

    def type_of(self, schema: Any, inside: str) -> str:
        """The type of what a JSON Schema admits, `Any` where it says nothing; `inside`: what it is a part of."""
        if not isinstance(schema, Mapping):
            return "Any"
        if reference := schema.get("$ref"):
            return self._named(str(reference).rpartition("/")[2])
        if "const" in schema or "enum" in schema:
            return f"Literal[{', '.join(_literal(one) for one in schema.get('enum', [schema.get('const')]))}]"
        for several in ("anyOf", "oneOf"):
            if several in schema:
                kinds = [self.type_of(one, inside) for one in schema[several]]
                if len(either := self._shapes.keys() & set(kinds)) > 1:
                    self.apart |= either
                return _union(iter(kinds))
        kind = schema.get("type")
        if isinstance(kind, list):
            return _union(self.type_of({**schema, "type": one}, inside) for one in kind)
        if kind == "array":
            return self._array(schema, inside)
        if kind == "object" or "properties" in schema:
            return self._object(schema, inside)
        return _PLAIN.get(str(kind), "Any")

    def add_filters(self, operation: Mapping[str, Any]) -> None:
        """What a list may be narrowed by; where it goes on is the client's own matter. A name that Python keeps for
        itself has a `_` behind it."""
        name = f"{_operation_name(operation)}Filters"
        lines = [f"class {name}(TypedDict, total=False):"]
        for one in operation["parameters"]:
            if one["in"] == "query" and one["name"] not in _PAGING:
                kept = keyword.iskeyword(one["name"]) or one["name"] in _TAKEN
                kind = self.type_of(one["schema"], name)
                lines.append(f"    {one['name']}{'_' if kept else ''}: {kind}")
                if told := one.get("description"):
                    lines += _docstring(told)
        self.texts[name] = "\n".join([*lines, ""])

    def _array(self, schema: Mapping[str, Any], inside: str) -> str:
        kinds = [self.type_of(one, inside) for one in schema.get("prefixItems", [schema.get("items")])]
        return f"list[{_union(iter(kinds))}]"

    def _object(self, schema: Mapping[str, Any], inside: str) -> str:
        if schema.get("properties"):
            return self._shape(_class_name(str(schema.get("title", inside))), schema, inside)
        more = schema.get("additionalProperties")
        return f"dict[str, {self.type_of(more, inside)}]" if isinstance(more, Mapping) else "dict[str, Any]"

    def _named(self, name: str) -> str:
        short, schema = _class_name(name), self._schemas[name]
        if schema.get("properties"):
            return self._shape(short, schema, short)
        if short not in self.texts:
            self.texts[short] = f"{short} = {self.type_of(schema, short)}\n"
        return short

    def _shape(self, name: str, schema: Mapping[str, Any], inside: str) -> str:
        if self._shapes.get(name, schema) != schema:
            name = inside + name
        if self._shapes.get(name, schema) != schema:
            raise ValueError(f"two shapes called {name}")
        if name not in self._shapes:
            self._shapes[name] = schema
            needed = set(schema.get("required", ()))
            fields = {}
            for field, value in schema["properties"].items():
                kind = self.type_of(value, name)
                fields[field] = kind if field in needed else f"NotRequired[{kind}]"
            self.texts[name] = _class(name, schema, fields)
        elif name not in self.texts:
            return f'"{name}"'  # it holds itself
        return name


def _operation_name(operation: Mapping[str, Any]) -> str:
    name = str(operation["operationId"])
    return name[0].upper() + name[1:]


def _class_name(text: str) -> str:
    name = re.sub(r"[^A-Za-z0-9]", "", text.rpartition("__")[2].title() if " " in text else text.rpartition("__")[2])
    return f"{name}Answer" if name in _TAKEN else name


def _literal(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else repr(value)


def _union(kinds: Iterator[str]) -> str:
    found = list(dict.fromkeys(kinds))
    if "Any" in found:
        return "Any"
    if "None" in found:
        found = [*(one for one in found if one != "None"), "None"]
    text = " | ".join(found)
    return f'"{text.replace(chr(34), "")}"' if len(found) > 1 and '"' in text and "Literal" not in text else text


def _class(name: str, schema: Mapping[str, Any], fields: Mapping[str, str]) -> str:
    if not all(field.isidentifier() and not keyword.iskeyword(field) for field in fields):
        pairs = "".join(f'        "{field}": {kind},\n' for field, kind in fields.items())
        return f'{name} = TypedDict(\n    "{name}",\n    {{\n{pairs}    }},\n)\n'
    lines = [f"class {name}(TypedDict):"]
    if told := schema.get("description"):
        lines += [*_docstring(told), ""]
    for field, kind in fields.items():
        lines.append(f"    {field}: {kind}")
        if told := schema["properties"][field].get("description"):
            lines += _docstring(told)
    return "\n".join([*lines, ""])


def _docstring(text: str) -> list[str]:
    plain = " ".join(text.replace("\\", "").split())
    quoted = f'"""{plain}"""'
    if len(quoted) <= WIDTH - 4:
        return [f"    {quoted}"]
    lines = textwrap.wrap(f'"""{plain}', WIDTH - 4, break_on_hyphens=False, break_long_words=False)
    return [f"    {line}" for line in [*lines, '"""']]


class Unwritten(ModuleType):
    """Stands for the module until it is written: the API, whose description says what is in it, imports the client."""

    def __getattr__(self, _: str) -> Any:
        return Any


def text() -> str:
    from ledger.api.app import openapi_document
    from scripts.generate_api_types import SERVER, answers_of

    document = openapi_document(SERVER)
    types = Types(document)
    for methods in document["paths"].values():
        for operation in methods.values():
            for schema in answers_of(operation):
                types.type_of(schema, _operation_name(operation))
            if operation["operationId"] in FILTERED:
                types.add_filters(operation)
    body = "\n\n".join(f"@final\n{text}" if name in types.apart else text for name, text in types.texts.items())
    return _formatted(f"{HEAD}\nfrom typing import Any, Literal, NotRequired, TypedDict, final\n\n\n{body}")


def _formatted(code: str) -> str:
    """As `make check` wants it."""
    ruff = Path(sys.executable).with_name("ruff")
    made = subprocess.run(
        [str(ruff), "format", "--quiet", "--stdin-filename", str(FILE), "-"],
        input=code,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return made.stdout


def main() -> None:
    sys.modules["ledger.client.answers"] = Unwritten("ledger.client.answers")
    made = text()
    if "--check" in sys.argv[1:]:
        if not FILE.exists() or FILE.read_text(encoding="utf-8") != made:
            sys.exit(f"{FILE} is not what the API says now: run python -m scripts.generate_answer_types")
        return
    FILE.write_text(made, encoding="utf-8")


if __name__ == "__main__":
    main()
