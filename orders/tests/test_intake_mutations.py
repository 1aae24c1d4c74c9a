"""Whatever is done to a real payload: findings, never a crash and never a silently wrong sum."""

import copy
import json
from decimal import Decimal, InvalidOperation
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orders.intake.adding_up import computed_total
from orders.intake.document import ParsedOrder
from orders.intake.splitting import fingerprint
from orders.tests.intake_samples import CHANNELS, codes, files, needs_samples, parsed, raw_orders
from orders.tests.test_intake_own import BODY, CSV

pytestmark = needs_samples

SOURCES: list[tuple[str, dict[str, Any]]] = [
    (kind, raw)
    for kind, pattern, key in (
        ("shopify", "shopify_rest/order_*.json", "total_price"),
        ("shopify", "shopify_py_fixtures/order.json", "total_price"),
        ("woocommerce", "woocommerce/*orders_*.json", "total"),
    )
    for path in files(pattern)
    for raw in raw_orders(path)
    if "currency" in raw and key in raw
]
ODD = st.sampled_from(
    [
        None, True, False, 0, -1, 1, 3, 10**30, -(10**30), 1e50, 0.1, -0.005, "", " ", "0", "-1", "1.005",
        "NaN", "Infinity", "-Infinity", "1e5", "1,5", "٣", "½", "12.00 EUR", "\0", "a\0b", "\ud800", "💥", "x" * 400,
        "9" * 5000, [], {}, [[]], [None], {"a": {"b": []}}, "2024-13-45", "0001-01-01T00:00:00Z", "USD", "JPY", "KWD",
        "ZZZ", "<script>", "'; DROP TABLE", "=1+1", "2" * 25, "100000000000000", "1" + "0" * 11,
    ]
)  # fmt: skip


def places(tree: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    if isinstance(tree, dict):
        for key in tree:
            found += places(tree[key], (*path, key))
    elif isinstance(tree, list):
        for at, value in enumerate(tree):
            found += places(value, (*path, at))
    return found


def step(tree: Any, key: Any) -> Any:
    try:
        return tree[key] if isinstance(tree, dict | list) else None
    except (KeyError, IndexError, TypeError):
        return None


def mutate(tree: Any, path: tuple[Any, ...], how: str, value: Any) -> None:
    """Change what stands at a path, unless an earlier change has taken the path away."""
    for key in path[:-1]:
        tree = step(tree, key)
    last = path[-1]
    if step(tree, last) is None and not (isinstance(tree, dict) and last in tree):
        return
    if how == "delete":
        del tree[last]
    elif how == "double" and isinstance(tree, list):
        tree.append(copy.deepcopy(tree[last]))
    else:
        tree[last] = copy.deepcopy(value)


@st.composite
def mutated(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    kind, raw = draw(st.sampled_from(SOURCES))
    tree = copy.deepcopy(raw)
    paths = places(tree)
    shallow = [path for path in paths if len(path) <= 3]
    for _turn in range(draw(st.integers(1, 4))):
        path = draw(st.sampled_from(shallow) | st.sampled_from(paths))
        mutate(tree, path, draw(st.sampled_from(["delete", "set", "set", "double"])), draw(ODD))
    return kind, tree


def storable(order: ParsedOrder) -> bool:
    text = repr(order)
    text.encode()
    return "\\x00" not in text and "\\ud800" not in text


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(mutated())
def test_a_mutated_payload_is_read_right_or_refused(case: tuple[str, dict[str, Any]]) -> None:
    kind, tree = case
    data = json.dumps(tree, default=float).encode()
    for document, order, findings in parsed(kind, data):
        fingerprint(document.payload_text)
        document.payload_text.encode()
        for finding in findings:
            json.dumps(finding.as_dict()).encode()
            finding.message.encode()
        if order is None:
            assert codes(findings), "a refusal needs its reason"
            continue
        assert storable(order)
        if codes(findings):
            continue
        assert computed_total(order) == order.totals.total
        assert order.totals.total == stated(tree, "total_price" if kind == "shopify" else "total")
        assert len(order.lines) == len(tree["line_items"])
        assert [line.quantity for line in order.lines] == [line["quantity"] for line in tree["line_items"]] or any(
            isinstance(line["quantity"], str) for line in tree["line_items"]
        )


def stated(tree: dict[str, Any], key: str) -> Decimal:
    try:
        return Decimal(str(tree[key]).strip())
    except InvalidOperation:
        pytest.fail(f"{tree[key]!r} was taken for a total")


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_our_own_json_mutated_is_read_right_or_refused(data: st.DataObject) -> None:
    tree = copy.deepcopy(BODY)
    for _turn in range(data.draw(st.integers(1, 4))):
        path = data.draw(st.sampled_from(places(tree) or [("lines",)]))
        mutate(tree, path, data.draw(st.sampled_from(["delete", "set", "double"])), data.draw(ODD))
    for _document, order, findings in parsed("api", json.dumps(tree).encode()):
        assert order is not None or codes(findings)
        if order is not None:
            assert storable(order)
            assert codes(findings) or computed_total(order) == order.totals.total


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_our_own_csv_mutated_is_read_right_or_refused(data: st.DataObject) -> None:
    rows = [line.split(",") for line in CSV.strip().split("\n")]
    for _turn in range(data.draw(st.integers(1, 3))):
        row = data.draw(st.sampled_from(rows[1:]))
        row[data.draw(st.integers(0, len(row) - 1))] = str(data.draw(ODD)).replace("\ud800", "?")
    text = "\n".join(",".join(row) for row in rows)
    for _document, order, findings in parsed("csv", text.encode()):
        assert order is not None or codes(findings)
        assert order is None or codes(findings) or computed_total(order) == order.totals.total


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_broken_bytes_are_kept_and_refused_or_read(data: st.DataObject) -> None:
    path = CHANNELS / "shopify_rest" / "order_46.json"
    source = path.read_bytes()
    cut = data.draw(st.integers(0, len(source)))
    junk = data.draw(st.binary(max_size=6))
    for document, order, findings in parsed("shopify", source[:cut] + junk + source[cut + len(junk) :]):
        document.payload_text.encode()
        assert order is not None or codes(findings)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_broken_csv_is_kept_and_refused_or_read(data: st.DataObject) -> None:
    source = (CHANNELS / "shopify_csv" / "orders_export_devstore_extract_deid.csv").read_bytes()[:3000]
    cut = data.draw(st.integers(0, len(source)))
    junk = data.draw(st.binary(max_size=3) | st.sampled_from([b'"', b",", b";", b"\n", b"\0", b"\xff", b"-", b"1"]))
    for document, order, findings in parsed("shopify_csv", source[:cut] + junk + source[cut:]):
        document.payload_text.encode()
        for finding in findings:
            finding.message.encode()
        assert order is not None or codes(findings)
        if order is not None and not codes(findings):
            assert computed_total(order) == order.totals.total
