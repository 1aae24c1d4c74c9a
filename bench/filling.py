"""What a scratch database is filled with: statements that write believable rows of every kind, in order."""

from collections.abc import Iterator

from bench.inserting import CITY, NAME, insert, pick

PARCELS = "orders_order WHERE status = 'closed'"


def statements(orders: int) -> Iterator[str]:
    """`orders` orders of two years: 2 % open, the rest delivered, cancelled or draft; three lines and a parcel each."""
    yield from places()
    yield from people(orders // 5)
    yield from placed_orders(orders, orders // 5)
    yield from holds(orders)
    yield from floor()
    yield from parcels(orders)
    yield from history(orders)


def places() -> Iterator[str]:
    """Two warehouses with 300 items, three shops, a carrier."""
    from fulfilment.models import Carrier
    from inventory.models import Product, Sku, StockLevel, Warehouse
    from orders.models import Channel

    yield insert(Warehouse, "generate_series(1, 2) w", id="w", code="'W' || w", title="'Warehouse ' || w")
    yield insert(Channel, "generate_series(1, 3) c", id="c", code="'shop-' || c", name="'Shop ' || c", kind="'shopify'")
    yield insert(
        Product, "generate_series(1, 300) p", id="p", code="'P' || p", name="'Product ' || p", created_at="now()"
    )
    yield insert(
        Sku,
        "generate_series(1, 300) s",
        id="s",
        code="'SKU-' || s",
        product_id="s",
        name="'Oat drink no. ' || s",
        barcode="(7350000000000 + s)::text",
        created_at="now()",
    )
    yield insert(
        StockLevel, "generate_series(1, 2) w, generate_series(1, 300) s", warehouse_id="w", sku_id="s", on_hand="1000"
    )
    yield insert(Carrier, "generate_series(1, 1) c", id="c", code="'house'", name="'House'")


def people(customers: int) -> Iterator[str]:
    """Customers with an address."""
    from customers.models import Address, Customer

    yield insert(
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
    yield insert(
        Address,
        f"generate_series(1, {customers}) c",
        customer_id="c",
        name=NAME,
        line1="'Street ' || c",
        city=pick(CITY, "c"),
        postcode="(10000 + c % 89999)::text",
        country="'SE'",
        is_default="true",
        created_at="now()",
    )


def placed_orders(orders: int, customers: int) -> Iterator[str]:
    """Orders with their lines."""
    from orders.models import Order, OrderLine

    live, gone = f"i > {orders} * 0.98", "i % 50 = 0"
    status = f"CASE WHEN {live} THEN 'accepted' WHEN i % 1000 = 7 THEN 'draft' WHEN {gone} THEN 'cancelled' ELSE 'closed' END"
    placed = f"now() - ({orders} - i) * interval '730 days' / {orders}"
    source = f"(SELECT i, 1 + i * 7919::bigint % {customers} AS c, {status} AS state, {placed} AS placed FROM generate_series(1, {orders}) i) o"
    yield insert(
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
        ship_city=pick(CITY, "c"),
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
    yield insert(
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


def holds(orders: int) -> Iterator[str]:
    """Open ones of the newest orders, released ones of older ones."""
    from orders.models import Hold

    yield insert(
        Hold,
        f"generate_series({orders} - {orders} / 50 + 1, {orders}) i WHERE i % 20 = 0",
        order_id="i",
        code="(ARRAY['address','payment','risk'])[1 + i % 3]",
        handle="'x'",
        reason="'Postcode not known'",
        opened_at="now() - i % 50 * interval '1 hour'",
        opened_by="'Check'",
    )
    yield insert(
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


def floor() -> Iterator[str]:
    """Work that is done, and work that stands at each step now."""
    from fulfilment.models import FulfilmentOrder

    yield insert(
        FulfilmentOrder,
        PARCELS,
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
    yield insert(
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


def parcels(orders: int) -> Iterator[str]:
    """A parcel with a label for each order that left, and where the last ones were seen."""
    from fulfilment.models import Carton, Label, Shipment, TrackingEvent

    yield insert(
        Shipment,
        PARCELS,
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
    yield insert(
        Carton,
        PARCELS,
        id="id",
        shipment_id="id",
        position="1",
        sscc="lpad(id::text, 18, '0')",
        box_id="1",
        weight_g="500",
    )
    yield insert(
        TrackingEvent,
        f"fulfilment_shipment WHERE status = 'delivered' AND id > {orders} * 0.85",
        shipment_id="id",
        source="'house'",
        event_id="'e' || id",
        status="'out_for_delivery'",
        happened_at="delivered_at - interval '2 hours' - id % 240 * interval '1 minute'",
        received_at="delivered_at",
    )
    yield insert(Label, PARCELS, carton_id="id", tracking_number="'NP' || (700000000 + id)", made_at="placed_at")


def history(orders: int) -> Iterator[str]:
    """That each order was placed."""
    from ordermgmt.models import Activity

    yield insert(
        Activity,
        f"orders_order WHERE id <= {orders}",
        at="placed_at",
        actor="'System'",
        verb="'order.placed'",
        subject="number",
        thread="number",
        sentence="'Placed'",
    )
