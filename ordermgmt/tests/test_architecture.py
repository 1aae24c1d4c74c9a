"""Tests that walk what exists: states, URLs, models, texts."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.db import models
from django.urls import URLPattern, URLResolver, get_resolver

from ordermgmt.management.commands.draw_states import diagrams
from ordermgmt.roles import EVERY_PERMISSION, PERMISSIONS_OF, Role
from ordermgmt.states import Stateful

OURS = ("ordermgmt", "customers", "inventory", "orders", "fulfilment")
ROOT: Path = settings.BASE_DIR


def our_models() -> list[type[models.Model]]:
    return [model for app in OURS for model in apps.get_app_config(app).get_models()]


def our_urls(resolver: URLResolver | None = None, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    for entry in (resolver or get_resolver()).url_patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from our_urls(entry, route)
        else:
            yield route, entry


def _module(pattern: URLPattern) -> str:
    callback: Any = pattern.callback
    return str(getattr(callback, "cls", callback).__module__)


@pytest.mark.parametrize("model", [m for m in our_models() if issubclass(m, Stateful)], ids=lambda m: m.__name__)
def test_every_table_of_moves_is_total(model: Any) -> None:
    states = set(model._meta.get_field("status").choices and dict(model._meta.get_field("status").choices))
    assert set(model.moves) == states
    assert set().union(*model.moves.values()) <= states
    assert set(model.stamps) <= states
    assert {field.name for field in model._meta.get_fields()} >= set(model.stamps.values())


def test_every_page_of_ours_says_who_may_open_it() -> None:
    undeclared = [
        route
        for route, pattern in our_urls()
        if _module(pattern).split(".")[0] in OURS
        and not hasattr(pattern.callback, "access")
        and not hasattr(getattr(pattern.callback, "cls", None), "scope_read")
        and not hasattr(getattr(pattern.callback, "cls", None), "scope_write")
    ]
    assert undeclared == []


def test_every_permission_named_by_a_page_exists() -> None:
    named = {name for _, pattern in our_urls() for name in getattr(pattern.callback, "access", ())}
    assert named - EVERY_PERMISSION - {"staff", "public"} == set()


def test_every_role_has_permissions() -> None:
    assert set(PERMISSIONS_OF) == set(Role.values)


def test_every_model_is_in_the_admin_zone() -> None:
    missing = [m.__name__ for m in our_models() if m not in admin.site._registry]
    assert missing == []


def test_every_model_has_a_factory() -> None:
    source = "".join(path.read_text() for app in OURS for path in sorted((ROOT / app / "factories").rglob("*.py")))
    source += "".join(
        (ROOT / app / "factories.py").read_text() for app in OURS if (ROOT / app / "factories.py").exists()
    )
    made = set(re.findall(r"^\s+model = (?:models\.)?(\w+)$", source, re.MULTILINE))
    missing = {m.__name__ for m in our_models()} - made
    assert missing == set()


def test_every_message_has_subject_text_and_html() -> None:
    folder = ROOT / "templates" / "emails"
    kinds = {path.name.split(".")[0] for path in folder.rglob("*.subject.txt")}
    assert kinds
    for kind in kinds:
        found = {path.name for path in folder.rglob(f"{kind}.*")}
        assert {f"{kind}.subject.txt", f"{kind}.txt", f"{kind}.html"} <= found


def test_no_template_has_inline_script_or_style() -> None:
    skipped = ("emails", "documents")
    bad = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "templates").rglob("*.html")
        if not any(part in skipped for part in path.parts)
        and path.name not in {"500.html", "503.html"}
        and re.search(r"<style|\sstyle=|<script(?![^>]*(src=|application/json))|\son[a-z]{3,}=", path.read_text())
    ]
    assert bad == []


def test_nothing_reads_the_clock_below_the_edge() -> None:
    allowed = (
        "views",
        "jobs",
        "management",
        "tests",
        "migrations",
        "demo",
        "api",
        "middleware",
        "factories",
        "admin",
        "health",
        "webhooks",
        "sessions",
        # What a page shows and filters by today, and days typed today, are the edge as well.
        "listing",
        "templatetags",
        "filters",
        "invoice_filters",
        "day_field",
    )
    bad = []
    for path in _our_sources():
        if any(word in path.stem or word in path.parts for word in allowed):
            continue
        calls = [ast.unparse(node.func) for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
        bad += [
            f"{path.relative_to(ROOT)}: {call}"
            for call in calls
            if call in {"timezone.now", "datetime.now", "date.today"}
        ]
    assert bad == []


def test_no_module_is_a_drawer() -> None:
    drawers = {"utils", "helpers", "common", "core", "misc", "managers", "signals"}
    assert [str(p.relative_to(ROOT)) for p in _our_sources() if p.stem in drawers] == []


def _our_sources() -> list[Path]:
    return [path for app in OURS for path in (ROOT / app).rglob("*.py")]


def test_the_state_diagrams_are_the_tables() -> None:
    assert (ROOT / "docs" / "states.md").read_text() == diagrams()
