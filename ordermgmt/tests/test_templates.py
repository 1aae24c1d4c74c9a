"""What every template keeps: no inline style or script, components that say what they take."""

import re
from pathlib import Path

import brotli
import pytest
from django.conf import settings

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


def _compressed(*names: str) -> int:
    """As production serves them: Brotli, which every browser we support takes."""
    css = settings.BASE_DIR / "static" / "css"
    return sum(len(brotli.compress((css / name).read_bytes())) for name in names)


def test_staff_styles_stay_within_fifteen_kilobytes() -> None:
    main = (settings.BASE_DIR / "static" / "css" / "main.css").read_text()
    assert _compressed("main.css", *re.findall(r'@import url\("(.+?)"\)', main)) <= 15 * 1024


def test_customer_styles_leave_room_in_forty_kilobytes() -> None:
    page = (TEMPLATES / "public.html").read_text()
    assert _compressed(*re.findall(r"'css/(.+?)'", page)) <= 12 * 1024


def test_every_icon_used_is_in_the_sprite() -> None:
    sprite = (settings.BASE_DIR / "static" / "img" / "sprite.svg").read_text()
    known = set(re.findall(r'symbol id="([a-z-]+)"', sprite))
    used = {name for p in SCREENS for name in re.findall(r'\{% icon "([a-z-]+)"', p.read_text())}
    assert used <= known
