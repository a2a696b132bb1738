"""Libraries that the pages' own scripts import from `static/lib`: `make web` bundles them from npm packages.

They are in the wheel, not in the repository. Without them every page is shown; what needs one says so in words.
"""

from pathlib import Path

LIBRARIES = (
    "curves",
    "qr",
    "swagger-ui",
)
"""One for each module in `web/src`, and for each package that `web/build.js` copies, by name."""
FOLDER = Path(__file__).parent / "static" / "lib"
MEND = "Run `make web` in the source of Lading, and install Lading from there again unless it is installed as editable."


def missing_libraries(names: tuple[str, ...] = LIBRARIES) -> tuple[str, ...]:
    """Those of `names` that were not bundled into `FOLDER`."""
    return tuple(name for name in names if not (FOLDER / f"{name}.js").is_file())
