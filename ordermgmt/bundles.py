"""Stylesheets that import others are served as one file: a phone asks once, and nobody has to build anything.

`css/main.css` and `css/customer.css` are plain CSS that works as it stands; `bundles/main.css` is the same with every
`@import` replaced by what it names, made anew when a part has changed and collected like any other static file.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage

STYLES = settings.BASE_DIR / "static" / "css"
BUNDLES = ("main.css", "customer.css")
_IMPORT = re.compile(r'^@import url\("(?P<name>[^"]+)"\)(?: layer\((?P<layer>\w+)\))?;$', re.MULTILINE)


class Bundles(BaseFinder):
    """Finds `bundles/NAME.css`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.storage = FileSystemStorage(settings.DATA_DIR / "static")

    def check(self, **kwargs: Any) -> list[Any]:
        return []

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        folder, _, name = path.partition("/")
        found = [str(self._fresh(name))] if folder == "bundles" and name in BUNDLES else []
        return found if find_all else next(iter(found), None)

    def list(self, ignore_patterns: Any) -> Iterator[tuple[str, FileSystemStorage]]:
        for name in BUNDLES:
            self._fresh(name)
            yield f"bundles/{name}", self.storage

    def _fresh(self, name: str) -> Path:
        kept, text = Path(self.storage.path(f"bundles/{name}")), flatten(name)
        if not kept.exists() or kept.read_text() != text:
            kept.parent.mkdir(parents=True, exist_ok=True)
            # Another process may read it at this moment.
            new = kept.with_suffix(f".{os.getpid()}")
            new.write_text(text)
            new.replace(kept)
        return kept


def flatten(name: str) -> str:
    """A stylesheet with what it imports in the place of each import."""

    def part(found: re.Match[str]) -> str:
        text = (STYLES / found["name"]).read_text().strip()
        return f"@layer {found['layer']} {{\n{text}\n}}" if found["layer"] else text

    return _IMPORT.sub(part, (STYLES / name).read_text())
