"""docs/api/types.d.ts is what the API says now, every name in it is declared, and a reader of TypeScript takes it."""

import re
import subprocess
from pathlib import Path

import pytest

from ledger.api.app import openapi_document
from scripts.generate_api_types import FILE, SERVER, text, type_of

ROOT = Path(__file__).resolve().parents[3]
ESBUILD = ROOT / "web" / "node_modules" / ".bin" / "esbuild"


@pytest.fixture(scope="module")
def made() -> str:
    return text()


def test_the_file_is_current(made: str) -> None:
    assert FILE.read_text(encoding="utf-8") == made, "run python -m scripts.generate_api_types"


def test_every_name_is_declared_once(made: str) -> None:
    declared = re.findall(r"^export (?:type|interface) (\w+)", made, re.MULTILINE)
    assert len(set(declared)) == len(declared) > 100
    without_texts = re.sub(r'"(?:[^"\\]|\\.)*"', '""', made)
    used = set(re.findall(r"(?:: |\| |& |\(|= |<|\[)([A-Z]\w*)", without_texts))
    assert used - {"Record"} <= set(declared)


def test_every_operation_is_there(made: str) -> None:
    paths = openapi_document(SERVER)["paths"]
    names = [operation["operationId"] for methods in paths.values() for operation in methods.values()]
    block = made.split("export interface Operations {")[1]
    assert re.findall(r"^  (\w+): \{$", block, re.MULTILINE) == names
    assert "unknown;" not in re.sub(r"answer: unknown;", "", block).split("listEvents")[1].split("};")[0]


def test_a_reader_of_typescript_takes_it(made: str) -> None:
    if not ESBUILD.exists():
        pytest.skip("no esbuild here: make setup brings it")
    done = subprocess.run(
        [str(ESBUILD), "--loader=ts"], input=made, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": "string"}, "string"),
        ({"type": ["integer", "null"]}, "number | null"),
        ({"anyOf": [{"type": "integer"}, {"type": "number"}]}, "number"),
        ({"enum": ["a", 1, None]}, '"a" | 1 | null'),
        ({"const": "x"}, '"x"'),
        ({"type": "array", "items": {"anyOf": [{"type": "string"}, {"type": "null"}]}}, "(string | null)[]"),
        ({"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}]}, "[string, number]"),
        ({"type": "object", "additionalProperties": {"type": "boolean"}}, "Record<string, boolean>"),
        ({"$ref": "#/components/schemas/A.B"}, "A_B"),
        ({"type": "object", "properties": {"a-b": {}, "c": {"type": "null"}}, "required": ["c"]},
         '{\n  "a-b"?: unknown;\n  c: null;\n}'),
        (True, "unknown"),
        ({}, "unknown"),
    ],
)  # fmt: skip
def test_a_schema_becomes_its_type(schema: object, expected: str) -> None:
    assert type_of(schema) == expected
