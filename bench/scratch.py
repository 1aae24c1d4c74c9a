"""Scratch databases full of believable orders, made by set-based SQL on PostgreSQL and dropped afterwards.

BENCH_DATABASE_URL names a server where databases may be created (default: the local one).
BENCH_KEEP=1 leaves the databases standing, and the next run uses them again.
"""

import json
import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit, urlunsplit

SERVER = os.environ.get("BENCH_DATABASE_URL", "postgres://postgres@127.0.0.1:5432/postgres")
KEEP = os.environ.get("BENCH_KEEP") == "1"
SMALL, BIG = 10_000, 1_000_000
TURNS = int(os.environ.get("BENCH_TURNS", "20"))


def url_of(name: str) -> str:
    return urlunsplit(urlsplit(SERVER)._replace(path=f"/{name}"))


@contextmanager
def databases(*sizes: int) -> Iterator[dict[int, str]]:
    """Databases with that many orders: size to URL."""
    import psycopg

    names = {size: f"bench_orders_{size}" for size in sizes}
    with psycopg.connect(SERVER, autocommit=True) as server:
        found = {row[0] for row in server.execute("SELECT datname FROM pg_database")}
        try:
            for size, name in names.items():
                if name in found and KEEP:
                    continue
                server.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
                server.execute(f"DROP DATABASE IF EXISTS {name}_new WITH (FORCE)")
                server.execute(f"CREATE DATABASE {name}_new")
                child("bench.scratch", url_of(f"{name}_new"), "fill", str(size))
                server.execute(f"ALTER DATABASE {name}_new RENAME TO {name}")
            yield {size: url_of(name) for size, name in names.items()}
        finally:
            for name in names.values() if not KEEP else ():
                server.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def environment(url: str, **settings: str) -> dict[str, str]:
    """What a process on that database is started with."""
    return {
        **os.environ,
        "DATABASE_URL": url,
        "DEBUG": "1",
        "LOG_LEVEL": "ERROR",
        "STATEMENT_TIMEOUT_MS": "0",
        **settings,
    }


def child(module: str, url: str, *arguments: str, **settings: str) -> dict[str, Any]:
    """Run a module on one database in its own process; its last line is JSON."""
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(command, env=environment(url, **settings), stdout=subprocess.PIPE, text=True, check=True)
    answer: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1] or "{}")
    return answer


class Asked:
    """A module that runs on one database and answers each line it is given with a line of JSON."""

    def __init__(self, module: str, url: str, *arguments: str) -> None:
        command = [sys.executable, "-m", module, *arguments]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, env=environment(url), stdin=pipe, stdout=pipe, text=True)

    def __call__(self, question: str) -> Any:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(f"{question}\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def end(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait()


def peak_mb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


# Filling -----------------------------------------------------------------------------------------
def _insert(model: Any, source: str, /, **values: str) -> str:
    """`INSERT … SELECT` with every column: given SQL, else the field's default."""
    columns, selected = [], []
    for field in model._meta.concrete_fields:
        if field.primary_key and field.attname not in values:
            continue
        columns.append(f'"{field.column}"')
        selected.append(values.get(field.attname) or _default(field))
    return f'INSERT INTO "{model._meta.db_table}" ({", ".join(columns)}) SELECT {", ".join(selected)} FROM {source}'


def _default(field: Any) -> str:
    if field.null and not field.has_default():
        return "NULL"
    value = field.get_default() if field.has_default() else "" if field.empty_strings_allowed else 0
    if isinstance(value, list | dict):
        return f"'{json.dumps(value)}'::jsonb"
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float | Decimal) else f"'{value}'"


FIRST = "Maria Tom Jonas Ines Ana Sven Li Sam Eva Karl Nils Olga Paul Rosa Tove Ulf Vera Wim Yara Zoe".split()
LAST = (
    "Lindqvist Okafor Berg Nilsson Svensson Andersson Karlsson Mueller Schmidt Rossi Bianchi Dubois Martin Jansen Visser "
    "Nowak Kowalski Silva Santos Garcia Lopez Novak Horak Nagy Kovacs Jensen Hansen Virtanen Korhonen Murphy Kelly Byrne"
).split()
CITY = "Malmö Stockholm Berlin Hamburg Paris Lyon Amsterdam Utrecht Milano Roma Helsinki Dublin".split()


def _pick(words: list[str], by: str) -> str:
    return f"(ARRAY[{', '.join(repr(word) for word in words)}])[1 + ({by}) % {len(words)}]"


NAME = f"{_pick(FIRST, 'c')} || ' ' || {_pick(LAST, 'c / 20')} || ' ' || chr((65 + c / 640 % 26)::int) || '.'"


def fill(orders: int) -> None:
    """`orders` orders of two years: 2 % open, the rest delivered, cancelled or draft; three lines and a parcel each."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("SET synchronous_commit = off")
        for statement in _statements(orders):
            cursor.execute(statement)
        cursor.execute("SET session_replication_role = DEFAULT")
        cursor.execute("ANALYZE")
    connection.close()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    print("{}")


def _statements(orders: int) -> Iterator[str]:
    from customers.models import Address, Customer
    from fulfilment.models import Carrier, Carton, FulfilmentOrder, Label, Shipment, TrackingEvent
    from inventory.models import Product, Sku, StockLevel, Warehouse
    from ordermgmt.models import Activity
    from orders.models import Channel, Hold, Order, OrderLine

    customers = orders // 5
    yield _insert(Warehouse, "generate_series(1, 2) w", id="w", code="'W' || w", title="'Warehouse ' || w")
    yield _insert(
        Channel, "generate_series(1, 3) c", id="c", code="'shop-' || c", name="'Shop ' || c", kind="'shopify'"
    )
    yield _insert(
        Product, "generate_series(1, 300) p", id="p", code="'P' || p", name="'Product ' || p", created_at="now()"
    )
    yield _insert(
        Sku,
        "generate_series(1, 300) s",
        id="s",
        code="'SKU-' || s",
        product_id="s",
        name="'Oat drink no. ' || s",
        barcode="(7350000000000 + s)::text",
        created_at="now()",
    )
    yield _insert(
        StockLevel, "generate_series(1, 2) w, generate_series(1, 300) s", warehouse_id="w", sku_id="s", on_hand="1000"
    )
    yield _insert(Carrier, "generate_series(1, 1) c", id="c", code="'house'", name="'House'")
    yield _insert(
        Customer,
        f"generate_series(1, {customers}) c",
        id="c",
        number="'C-' || (20000 + c)",
        name=NAME,
        email="'c' || c || '@mail' || c % 50 || '.example'",
        phone="'+4670' || (1000000 + c)",
        phone_digits="'4670' || (1000000 + c)",
        created_at="now() - c * interval '1 minute'",
    )
    yield _insert(
        Address,
        f"generate_series(1, {customers}) c",
        customer_id="c",
        name=NAME,
        line1="'Street ' || c",
        city=_pick(CITY, "c"),
        postcode="(10000 + c % 89999)::text",
        country="'SE'",
        is_default="true",
        created_at="now()",
    )
    live, gone = f"i > {orders} * 0.98", "i % 50 = 0"
    status = f"CASE WHEN {live} THEN 'accepted' WHEN i % 1000 = 7 THEN 'draft' WHEN {gone} THEN 'cancelled' ELSE 'closed' END"
    placed = f"now() - ({orders} - i) * interval '730 days' / {orders}"
    source = f"(SELECT i, 1 + i * 7919::bigint % {customers} AS c, {status} AS state, {placed} AS placed FROM generate_series(1, {orders}) i) o"
    yield _insert(
        Order,
        source,
        id="i",
        number="'SO-' || (100000 + i)",
        channel_id="1 + i % 3",
        external_number="'#' || (1000 + i)",
        customer_id="c",
        status="state",
        payment_status="CASE WHEN i % 40 = 3 THEN 'unpaid' ELSE 'paid' END",
        fulfilment_status="CASE state WHEN 'accepted' THEN (ARRAY['waiting','in_progress','in_progress','unfulfilled','unfulfilled','part_shipped'])[1 + i % 6] "
        f"WHEN 'closed' THEN CASE WHEN i > {orders} * 0.96 THEN 'shipped' ELSE 'delivered' END ELSE 'unfulfilled' END",
        currency="'EUR'",
        total="10 + i % 200",
        paid_total="10 + i % 200",
        items_total="10 + i % 200",
        email="'c' || c || '@mail' || c % 50 || '.example'",
        recipient=NAME,
        ship_city=_pick(CITY, "c"),
        ship_postcode="(10000 + c % 89999)::text",
        ship_country="(ARRAY['SE','DE','FR','NL','IT','FI','IE','DK'])[1 + c % 8]",
        units="3",
        tags="CASE WHEN i % 500 = 0 THEN '[\"vip\"]' ELSE '[]' END::jsonb",
        promised_ship_on="CASE WHEN state = 'accepted' THEN current_date + (i % 10 - 2)::int ELSE placed::date + 1 END",
        promised_delivery_on="placed::date + 4",
        placed_at="placed",
        accepted_at="CASE WHEN state IN ('accepted', 'closed') THEN placed END",
        closed_at="CASE WHEN state = 'closed' THEN placed + interval '3 days' END",
        cancelled_at="CASE WHEN state = 'cancelled' THEN placed + interval '1 hour' END",
    )
    yield _insert(
        OrderLine,
        f"(SELECT id AS i, status AS state, k FROM orders_order, generate_series(1, 3) k WHERE id <= {orders}) l",
        order_id="i",
        position="k",
        sku_id="1 + (i * 3 + k * 97) % 300",
        name="'Oat drink'",
        ordered="1",
        backordered="CASE WHEN state = 'accepted' AND i % 6 = 0 THEN 1 ELSE 0 END",
        promised="CASE WHEN state = 'accepted' AND i % 6 <> 0 THEN 1 ELSE 0 END",
        shipped="CASE WHEN state = 'closed' THEN 1 ELSE 0 END",
        cancelled="CASE WHEN state IN ('cancelled', 'draft') THEN 1 ELSE 0 END",
        unit_price="10",
        total="10",
    )
    yield _insert(
        Hold,
        f"generate_series({orders} - {orders} / 50 + 1, {orders}) i WHERE i % 20 = 0",
        order_id="i",
        code="(ARRAY['address','payment','risk'])[1 + i % 3]",
        handle="'x'",
        reason="'Postcode not known'",
        opened_at="now() - i % 50 * interval '1 hour'",
        opened_by="'Check'",
    )
    parcels = "orders_order WHERE status = 'closed'"
    yield _insert(
        FulfilmentOrder,
        parcels,
        id="id",
        number="'FO-' || id",
        order_id="id",
        warehouse_id="1 + id % 2",
        status="'dispatched'",
        created_at="placed_at",
        released_at="placed_at + interval '2 hours' + id % 600 * interval '1 minute'",
        picking_at="placed_at + interval '13 hours' + id % 180 * interval '1 minute'",
        picked_at="placed_at + interval '17 hours' + id % 90 * interval '1 minute'",
        packing_at="placed_at + interval '19 hours'",
        packed_at="placed_at + interval '20 hours' + id % 150 * interval '1 minute'",
        dispatched_at="placed_at + interval '1 day'",
    )
    yield _insert(
        FulfilmentOrder,
        "(SELECT *, (ARRAY['released','picking','picked','packing','packed'])[1 + id % 5] AS floor, "
        "now() - id % 500 * interval '1 minute' AS since FROM orders_order "
        "WHERE status = 'accepted' AND fulfilment_status = 'in_progress') o",
        id="id",
        number="'FO-' || id",
        order_id="id",
        warehouse_id="1 + id % 2",
        status="floor",
        created_at="placed_at",
        released_at="since - CASE WHEN floor = 'released' THEN interval '0' ELSE interval '3 hours' END",
        picking_at="CASE WHEN floor <> 'released' THEN since - CASE WHEN floor = 'picking' THEN interval '0' ELSE interval '2 hours' END END",
        picked_at="CASE WHEN floor NOT IN ('released', 'picking') THEN since - CASE WHEN floor = 'picked' THEN interval '0' ELSE interval '1 hour' END END",
        packing_at="CASE WHEN floor IN ('packing', 'packed') THEN since END",
        packed_at="CASE WHEN floor = 'packed' THEN since END",
    )
    yield _insert(
        Hold,
        "orders_order WHERE status = 'closed' AND id % 30 = 0",
        order_id="id",
        code="(ARRAY['address','payment','risk'])[1 + id % 3]",
        handle="'y'",
        reason="'Postcode not known'",
        opened_at="placed_at",
        opened_by="'Check'",
        released_at="placed_at + id % 700 * interval '1 minute'",
        released_by="'Ana'",
    )
    yield _insert(
        Shipment,
        parcels,
        id="id",
        number="'SH-' || id",
        order_id="id",
        work_id="id",
        warehouse_id="1 + id % 2",
        carrier_id="1",
        service="'standard'",
        status=f"CASE WHEN id > {orders} * 0.96 THEN 'dispatched' ELSE 'delivered' END",
        carrier_status="'in_transit'",
        packed_at="placed_at + interval '1 day'",
        packed_by="'Sam'",
        dispatched_at="placed_at + interval '1 day'",
        delivered_at=f"CASE WHEN id > {orders} * 0.96 THEN NULL ELSE placed_at + interval '3 days' END",
        problem="CASE WHEN id % 2000 = 1 THEN 'Delivery failed' ELSE '' END",
    )
    yield _insert(
        Carton,
        parcels,
        id="id",
        shipment_id="id",
        position="1",
        sscc="lpad(id::text, 18, '0')",
        box_id="1",
        weight_g="500",
    )
    yield _insert(
        TrackingEvent,
        f"fulfilment_shipment WHERE status = 'delivered' AND id > {orders} * 0.85",
        shipment_id="id",
        source="'house'",
        event_id="'e' || id",
        status="'out_for_delivery'",
        happened_at="delivered_at - interval '2 hours' - id % 240 * interval '1 minute'",
        received_at="delivered_at",
    )
    yield _insert(Label, parcels, carton_id="id", tracking_number="'NP' || (700000000 + id)", made_at="placed_at")
    yield _insert(
        Activity,
        f"orders_order WHERE id <= {orders}",
        at="placed_at",
        actor="'System'",
        verb="'order.placed'",
        subject="number",
        thread="number",
        sentence="'Placed'",
    )


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ordermgmt.settings")
    fill(int(sys.argv[2]))
