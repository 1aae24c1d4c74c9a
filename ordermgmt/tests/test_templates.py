"""What every template keeps: no inline style or script, components that say what they take."""

import re
from pathlib import Path

import brotli
import pytest
from django.conf import settings
from django.contrib.staticfiles import finders

from ordermgmt.bundles import BUNDLES, flatten

TEMPLATES = settings.BASE_DIR / "templates"
# Mails are inlined, documents are printed by WeasyPrint: neither meets the Content Security Policy.
SCREENS = [
    p for p in sorted(TEMPLATES.rglob("*.html")) if p.relative_to(TEMPLATES).parts[0] not in {"emails", "documents"}
]
COMPONENTS = sorted((TEMPLATES / "components").glob("*.html"))
INLINE = re.compile(
    r"""<style|\sstyle=|\son(?:click|change|submit|load|input|keydown)=|javascript:|hx-on[:-]|<script(?![^>]*(?:\ssrc=|type="application/json"))""",
    re.IGNORECASE,
)


@pytest.mark.parametrize("path", SCREENS, ids=lambda p: str(p.relative_to(TEMPLATES)))
def test_no_template_has_inline_style_or_script(path: Path) -> None:
    assert INLINE.findall(path.read_text()) == []


@pytest.mark.parametrize("path", COMPONENTS, ids=lambda p: p.stem)
def test_every_component_says_what_it_takes(path: Path) -> None:
    assert re.match(r"\{#.+#\}", path.read_text())


BLOCK = re.compile(r"\{% (?:block (\w+)[^%]*|endblock(?: \w+)? )%\}")
KEPT = re.compile(r"\{% (?:url|translate|blocktranslate)[^%]*? as(?:var)? (\w+)[^%]*%\}")


def _blocks(text: str) -> list[tuple[int, int]]:
    """From where to where each block reaches."""
    found, opened = [], []
    for mark in BLOCK.finditer(text):
        if mark[1]:
            opened.append(mark.end())
        elif opened:
            found.append((opened.pop(), mark.start()))
    return found


@pytest.mark.parametrize("path", SCREENS, ids=lambda p: str(p.relative_to(TEMPLATES)))
def test_a_block_uses_only_addresses_it_knows(path: Path) -> None:
    """What one block keeps under a name is nothing in another: a link there leads nowhere."""
    text, unknown = path.read_text(), []
    blocks = _blocks(text)
    for name in {kept[1] for kept in KEPT.finditer(text)}:
        known = [
            min((b for b in blocks if b[0] <= kept.start() < b[1]), key=lambda b: b[1] - b[0], default=(0, len(text)))
            for kept in KEPT.finditer(text)
            if kept[1] == name
        ]
        used = re.finditer(rf"(?:url|href)={name}\b|href=\"\{{\{{ {name}\b", text)
        unknown += [name for use in used if not any(start <= use.start() < end for start, end in known)]
    assert unknown == []


def _compressed(name: str) -> int:
    """As production serves it: Brotli, which every browser we support takes."""
    return len(brotli.compress(flatten(name).encode()))


def test_staff_styles_stay_within_fifteen_kilobytes() -> None:
    assert _compressed("main.css") <= 15 * 1024


def test_customer_styles_leave_room_in_forty_kilobytes() -> None:
    assert _compressed("customer.css") <= 12 * 1024


@pytest.mark.parametrize("name", BUNDLES)
def test_a_bundle_asks_for_nothing_more(name: str) -> None:
    """No import is left, and no part names a file beside it, which would not be beside the bundle."""
    text = flatten(name)
    assert "@import" not in text
    assert re.findall(r"""url\((?!["']?data:)""", text) == []
    assert text.count("{") == text.count("}")
    assert Path(str(finders.find(f"bundles/{name}"))).read_text() == text


def test_every_icon_used_is_in_the_sprite() -> None:
    sprite = (settings.BASE_DIR / "static" / "img" / "sprite.svg").read_text()
    known = set(re.findall(r'symbol id="([a-z-]+)"', sprite))
    used = {name for p in SCREENS for name in re.findall(r'\{% icon "([a-z-]+)"', p.read_text())}
    assert used <= known
