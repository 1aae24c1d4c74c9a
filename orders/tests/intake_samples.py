"""Real payloads of shops, read where they lie; tests skip when they are not there."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from orders.intake.document import Document, Finding, ParsedOrder
from orders.intake.registry import PARSERS

CHANNELS = Path(settings.BASE_DIR).parent / "shared" / "samples" / "channels"
needs_samples = pytest.mark.skipif(not CHANNELS.is_dir(), reason="the sample payloads are not on this machine")

Parsed = tuple[Document, ParsedOrder | None, list[Finding]]


def files(pattern: str) -> list[Path]:
    return sorted(CHANNELS.glob(pattern))


def parsed(kind: str, data: bytes, name: str = "test") -> list[Parsed]:
    parser = PARSERS[kind]
    return [(document, *parser.parse(document)) for document in parser.split(data, name)]


def one(kind: str, tree: Any) -> tuple[ParsedOrder | None, list[Finding]]:
    """The one order of a tree written as JSON."""
    [(_document, order, findings)] = parsed(kind, json.dumps(tree).encode())
    return order, findings


def raw_orders(path: Path) -> list[dict[str, Any]]:
    """The order objects of a sample, found without our splitter; all numbers are Decimal."""
    body = json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    body = body.get("body", body) if isinstance(body, dict) else body
    if isinstance(body, dict) and isinstance(body.get("orders"), list):
        return list(body["orders"])
    if isinstance(body, dict) and isinstance(body.get("order"), dict):
        return [body["order"]]
    bare = body if isinstance(body, list) else [body]
    return [entry for entry in bare if isinstance(entry, dict) and {"order_key", "line_items"} <= set(entry)]


def codes(findings: list[Finding], severity: str = "error") -> set[str]:
    return {finding.code for finding in findings if finding.severity == severity}
