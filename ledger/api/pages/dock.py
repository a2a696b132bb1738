"""The dock: a page that works without a network once it was opened, with what makes it installable.

Its service worker answers for `/dock` and for the files that this page needs, of one version, and for nothing else.
"""

import hashlib
import json
import re
from functools import cache
from pathlib import Path
from posixpath import normpath

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from ledger.api.middleware import SECURITY
from ledger.api.pages.languages.choice import language_for
from ledger.api.pages.languages.language import LANGUAGES, language_of
from ledger.api.pages.render import plain_page

router = APIRouter()
LIBRARIES = ("curves", "qr")
VERSION_HEADER = "Lading-Dock"
_STATIC = Path(__file__).parent / "static"
_TEMPLATES = Path(__file__).parent / "templates"
_POLICY = "Content-Security-Policy"
_IMPORTS = re.compile(r'(?:from|import|import\()\s*"(\.[^"]+\.js)"')
_ENTRIES = ("dock.js", "times.js")
_OTHERS = ("lading.css", "icon.svg")


@router.get("/dock")
def dock(request: Request) -> Response:
    """The same for everybody: what somebody's goods are, its scripts ask for themselves, and keep in the browser."""
    response = plain_page(request, "signing/dock.html", libraries=LIBRARIES)
    response.headers[VERSION_HEADER] = version()
    # A manifest is neither script nor picture; everything else is as on every page.
    response.headers[_POLICY] = f"{SECURITY[_POLICY]}; manifest-src 'self'"
    return response


@router.get("/dock/app.webmanifest")
def manifest(request: Request) -> Response:
    """What lets a browser install the dock as an app (W3C Web Application Manifest)."""
    language = language_for(request)
    content = {
        "id": "/dock",
        "name": language.gettext("Lading at the dock"),
        "short_name": language.gettext("Dock"),
        "lang": language.tag,
        "start_url": "/dock",
        "scope": "/dock",
        "display": "standalone",
        "background_color": "#fbfcfb",
        "theme_color": "#0b6e5f",
        "icons": [{"src": "/static/icon.svg", "sizes": "any", "type": "image/svg+xml", "purpose": "any"}],
    }
    return JSONResponse(content, media_type="application/manifest+json", headers={"Cache-Control": "no-cache"})


@router.get("/dock/worker.js")
def worker() -> Response:
    """The service worker, which names its version and the files that it keeps: browsers look for another one each time
    the dock is opened."""
    known = f"const VERSION = {json.dumps(version())};\nconst FILES = {json.dumps(files())};\n"
    headers = {"Cache-Control": "no-cache", "Service-Worker-Allowed": "/dock"}
    text = known + (_STATIC / "dock" / "worker.js").read_text(encoding="utf-8")
    return Response(text, media_type="text/javascript", headers=headers)


@cache
def files() -> tuple[str, ...]:
    """The paths of all files that the page needs, those of every language included."""
    scripts, left = set[str](), list(_ENTRIES)
    while left:
        name = left.pop()
        if name in scripts or not (_STATIC / name).is_file():
            continue
        scripts.add(name)
        text = (_STATIC / name).read_text(encoding="utf-8")
        left += [normpath(f"{Path(name).parent.as_posix()}/{found}") for found in _IMPORTS.findall(text)]
    languages = [f"languages/{tag}.js" for tag in LANGUAGES]
    return tuple(f"/static/{name}" for name in sorted((*scripts, *_OTHERS, *languages)))


@cache
def version() -> str:
    """A fingerprint of the page and of everything that it needs."""
    result = hashlib.sha256()
    own = [_STATIC / "dock" / "worker.js", *sorted(_TEMPLATES.rglob("*.html"))]
    named = [_STATIC / path.removeprefix("/static/") for path in files()]
    for path in (*own, *(one for one in named if one.is_file())):
        result.update(hashlib.sha256(path.read_bytes()).digest())
    for tag in LANGUAGES:
        result.update(hashlib.sha256(language_of(tag).for_scripts()).digest())
    return result.hexdigest()[:16]
