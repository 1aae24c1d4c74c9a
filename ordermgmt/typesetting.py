"""HTML to PDF with WeasyPrint: same input, same bytes; tagged, fonts embedded, nothing fetched from outside.

Run as a module it is the child process of `typeset_apart`: a paper as JSON in, a PDF out, within limits. It knows
nothing of Django, so that a child starts quickly and holds no secrets.
"""

import atexit
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cache
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from ordermgmt.facturx import HYBRID, write_hybrid

if TYPE_CHECKING:
    from weasyprint import CSS
    from weasyprint.text.fonts import FontConfiguration

ROOT = Path(__file__).resolve().parent.parent
STATIC = ROOT / "static"
SECONDS, MEGABYTES = 20, 512
# Bytes that say how long a document is that a child writes among others.
LENGTH = 8
MOST_CHARACTERS = 8_000_000
_lock = Lock()


class CannotTypeset(Exception):
    """The paper is too big, took too long, or its HTML could not be set; the sentence says which."""


@dataclass(frozen=True, kw_only=True)
class Paper:
    """A document before it is set: a whole HTML page (title and language in it), and what it may use.

    `style` names a file in static/css/documents; `pictures` are SVG texts, named in the HTML as
    `memory:<name>`; `photos` are raster files, base64. With `invoice_xml` it becomes a Factur-X file.
    """

    html: str
    style: str
    pictures: Mapping[str, str] = field(default_factory=dict)
    photos: Mapping[str, str] = field(default_factory=dict)
    invoice_xml: str = ""


def typeset(paper: Paper) -> bytes:
    """The PDF (PDF/UA-1, an invoice PDF/A-3 as well) of a paper, in this process. Raises CannotTypeset."""
    from weasyprint.urls import FatalURLFetchingError  # noqa: PLC0415 (a slow import that most processes never need)

    _check_size(paper)
    try:
        with _lock:
            return _write(paper)
    except (FatalURLFetchingError, RecursionError) as problem:
        raise CannotTypeset(f"{type(problem).__name__}: {problem}") from problem


def _write(paper: Paper) -> bytes:
    from weasyprint import HTML  # noqa: PLC0415

    options: dict[str, Any] = {
        "pdf_variant": HYBRID if paper.invoice_xml else "pdf/ua-1",
        "pdf_identifier": sha256((paper.html + paper.invoice_xml).encode()).digest()[:16],
        "pdf_tags": True,
    }
    document = HTML(string=paper.html, base_url="memory:", url_fetcher=_fetcher(paper)).render(
        stylesheets=[_style(paper.style)], font_config=_fonts(), **options
    )
    if paper.invoice_xml:
        return write_hybrid(document, paper.invoice_xml, options)
    pdf: bytes = document.write_pdf(**options)
    return pdf


def typeset_apart(paper: Paper, *, seconds: int = SECONDS, megabytes: int = MEGABYTES) -> bytes:
    """The same in a child process that is given `seconds` and `megabytes`. Raises CannotTypeset."""
    _check_size(paper)
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    try:
        child = subprocess.run(  # noqa: S603
            [sys.executable, "-m", __name__, str(seconds), str(megabytes)],
            input=json.dumps(asdict(paper)).encode(),
            capture_output=True,
            timeout=seconds,
            cwd=ROOT,
            env=kept,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise CannotTypeset(f"The document took longer than {seconds} seconds") from None
    if child.returncode or not child.stdout.startswith(b"%PDF"):
        last = child.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        raise CannotTypeset(last or f"The document needed more than {megabytes} MB or {seconds} seconds")
    return child.stdout


def typeset_many_apart(papers: Sequence[Paper], *, seconds: int = SECONDS, megabytes: int = MEGABYTES) -> list[bytes]:
    """Several in one child, which is started and warmed once; empty where one was not made (ask for it alone, then).

    The limits are those of one paper for all of them together, so that a bad one costs no more than alone.
    """
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    try:
        child = subprocess.run(  # noqa: S603
            [sys.executable, "-m", __name__, str(seconds), str(megabytes), "many"],
            input=json.dumps([asdict(paper) for paper in papers]).encode(),
            capture_output=True,
            timeout=seconds,
            cwd=ROOT,
            env=kept,
            check=False,
        )
        written = child.stdout
    except subprocess.TimeoutExpired as late:
        written = late.stdout or b""
    made = _parted(written)
    return [*made, *[b""] * (len(papers) - len(made))]


def _parted(written: bytes) -> list[bytes]:
    """What the child wrote: each document after its length; a torn last one is left out."""
    made, at = [], 0
    while at + LENGTH <= len(written):
        end = at + LENGTH + int.from_bytes(written[at : at + LENGTH])
        if end > len(written):
            break
        made.append(written[at + LENGTH : end])
        at = end
    return made


def _set_many(papers: Sequence[Paper]) -> None:
    """In the child: each document as soon as it is made, so that what is made is kept when a later one ends it."""
    for paper in papers:
        try:
            content = typeset(paper)
        except CannotTypeset:
            content = b""
        sys.stdout.buffer.write(len(content).to_bytes(LENGTH) + content)
        sys.stdout.buffer.flush()


def _check_size(paper: Paper) -> None:
    if len(paper.html) > MOST_CHARACTERS:
        raise CannotTypeset(f"The document is longer than {MOST_CHARACTERS:,} characters: split it")


@cache
def _fonts() -> "FontConfiguration":
    from weasyprint.text.fonts import FontConfiguration  # noqa: PLC0415

    # Freed before the modules its end needs are.
    atexit.register(_fonts.cache_clear)
    return FontConfiguration()


@cache
def _style(name: str) -> "CSS":
    from weasyprint import CSS  # noqa: PLC0415

    return CSS(
        string=(STATIC / "css" / "documents" / f"{name}.css").read_text(),
        base_url="static:css/documents/",
        url_fetcher=_fetcher(None),
        font_config=_fonts(),
    )


def _fetcher(paper: Paper | None) -> Any:
    """A fetcher that knows `static:` files and the paper's own pictures; every other address is refused."""
    from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse  # noqa: PLC0415

    class OwnFetcher(URLFetcher):
        def fetch(self, url: str, headers: Mapping[str, str] | None = None) -> URLFetcherResponse:
            scheme, _, name = url.partition(":")
            try:
                return URLFetcherResponse(url, *_resource(paper, scheme, name))
            except (KeyError, OSError) as problem:
                raise FatalURLFetchingError(url) from problem

    return OwnFetcher(allowed_protocols=["static", "memory"])  # type: ignore[no-untyped-call]


def _resource(paper: Paper | None, scheme: str, name: str) -> tuple[bytes, dict[str, str]]:
    if scheme == "static":
        path = (STATIC / name.lstrip("/")).resolve()
        if not path.is_relative_to(STATIC):
            raise KeyError(name)
        kind = "image/svg+xml" if path.suffix == ".svg" else "application/octet-stream"
        return path.read_bytes(), {"Content-Type": kind}
    if scheme != "memory" or paper is None:
        raise ValueError(f"{scheme}: is not fetched")
    if name in paper.pictures:
        return paper.pictures[name].encode(), {"Content-Type": "image/svg+xml"}
    from base64 import b64decode  # noqa: PLC0415

    return b64decode(paper.photos[name]), {"Content-Type": "application/octet-stream"}


def _limit(seconds: int, megabytes: int) -> None:
    """Limits of the operating system on this process; macOS knows no limit on memory."""
    import resource  # noqa: PLC0415

    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    if sys.platform.startswith("linux"):
        size = megabytes * 1024 * 1024
        resource.setrlimit(resource.RLIMIT_AS, (size, size))


def main() -> None:
    _limit(int(sys.argv[1]), int(sys.argv[2]))
    given = json.load(sys.stdin)
    if "many" in sys.argv:
        _set_many([Paper(**facts) for facts in given])
    else:
        sys.stdout.buffer.write(typeset(Paper(**given)))


if __name__ == "__main__":
    main()
