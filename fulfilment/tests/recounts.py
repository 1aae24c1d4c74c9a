"""Every figure counted again in plain SQL, written from its definition and not from its code.

Each statement gives numerator, denominator and number of rows of the period FIRST to LAST. Portable over SQLite and
PostgreSQL; SQLite knows no time zones, so the changes of the clock in Stockholm stand here.
"""

from datetime import date, datetime

from django.db import connection

AS_OF = datetime.fromisoformat("2026-11-24T09:00:00+00:00")
FIRST, LAST, TODAY = date(2026, 10, 5), date(2026, 11, 23), date(2026, 11, 24)
FROM, UNTIL = "'2026-10-04 22:00:00'", "'2026-11-23 23:00:00'"  # midnight in Stockholm, in UTC
DAYS = (LAST - FIRST).days + 1


def is_sqlite() -> bool:
    return connection.vendor == "sqlite"


def day(column: str) -> str:
    """The calendar day in Stockholm."""
    if not is_sqlite():
        return f"CAST({column} AT TIME ZONE 'Europe/Stockholm' AS date)"
    winter = " OR ".join(
        f"({column} >= '{start}' AND {column} < '{end}')"
        for start, end in (("2025-10-26 01:00", "2026-03-29 01:00"), ("2026-10-25 01:00", "2027-03-28 01:00"))
    )
    return f"date({column}, CASE WHEN {winter} THEN '+1 hour' ELSE '+2 hours' END)"


def seconds(start: str, end: str) -> str:
    if is_sqlite():
        return f"(CAST(strftime('%s', {end}) AS INTEGER) - CAST(strftime('%s', {start}) AS INTEGER))"
    return f"CAST(FLOOR(EXTRACT(EPOCH FROM {end})) - FLOOR(EXTRACT(EPOCH FROM {start})) AS bigint)"


def exact_minutes(start: str, end: str) -> str:
    """Whole minutes of the exact time between, as the clock of an order counts them."""
    if is_sqlite():
        return f"CAST((julianday({end}) - julianday({start})) * 1440 + 0.0000005 AS INTEGER)"
    return f"CAST(FLOOR(EXTRACT(EPOCH FROM ({end} - {start})) / 60) AS bigint)"


def minute_before(column: str, minutes: int) -> str:
    if is_sqlite():
        return f"strftime('%Y-%m-%d %H:%M:%f', {column}, '-{minutes} minutes')"
    return f"({column} - INTERVAL '{minutes} minutes')"


def within(column: str) -> str:
    return f"{column} >= {FROM} AND {column} < {UNTIL}"


ON = f"BETWEEN '{FIRST}' AND '{LAST}'"
TAKEN = "o.status IN ('accepted', 'closed')"
STOCKED = "l.kind IN ('item', 'component')"


def share(condition: str, source: str) -> str:
    return f"SELECT SUM(CASE WHEN {condition} THEN 1 ELSE 0 END), COUNT(*), COUNT(*) FROM {source}"


def number(source: str) -> str:
    return f"SELECT COUNT(*), COUNT(*), COUNT(*) FROM {source}"


def total(amount: str, source: str) -> str:
    return f"SELECT SUM({amount}), COUNT(*), COUNT(*) FROM {source}"


# Orders -------------------------------------------------------------------------------------------
def all_gone(late: str, promise: str) -> str:
    """Everything left, and no parcel is missing or after the promised day."""
    return f"""NOT EXISTS (SELECT 1 FROM orders_orderline l WHERE l.order_id = o.id AND {STOCKED}
          AND l.ordered > l.cancelled + l.shipped)
        AND NOT EXISTS (SELECT 1 FROM fulfilment_shipment s WHERE s.order_id = o.id AND s.status <> 'cancelled'
          AND (s.{late} IS NULL OR {day("s." + late)} > o.{promise}))"""


def promised(column: str) -> str:
    return f"orders_order o WHERE {TAKEN} AND o.units > 0 AND o.{column} {ON}"


def right() -> str:
    return """NOT EXISTS (SELECT 1 FROM orders_creditnote c JOIN orders_invoice i ON i.id = c.invoice_id
          WHERE i.order_id = o.id AND c.reason = 'correction')
        AND NOT EXISTS (SELECT 1 FROM fulfilment_shipment s WHERE s.order_id = o.id AND s.status <> 'cancelled'
          AND s.problem <> '')
        AND NOT EXISTS (SELECT 1 FROM orders_orderline l WHERE l.order_id = o.id AND l.returned > 0)
        AND NOT EXISTS (SELECT 1 FROM orders_order r WHERE r.replaces_id = o.id AND r.status <> 'cancelled')"""


def lacked() -> str:
    return """(EXISTS (SELECT 1 FROM orders_orderline l WHERE l.order_id = o.id AND l.backordered > 0)
        OR EXISTS (SELECT 1 FROM orders_sourcingdecision d WHERE d.order_id = o.id
          AND CAST(d.explanation ->> 'promised' AS INTEGER) < CAST(d.explanation ->> 'wanted' AS INTEGER))
        OR (EXISTS (SELECT 1 FROM orders_sourcingdecision d WHERE d.order_id = o.id)
          AND NOT EXISTS (SELECT 1 FROM orders_sourcingdecision d WHERE d.order_id = o.id AND d.at <= o.accepted_at)))"""


def accepted(more: str = "") -> str:
    return f"orders_order o WHERE {TAKEN} AND {within('o.accepted_at')} {more}"


# The first attempt --------------------------------------------------------------------------------
def tried_lines() -> str:
    """Lines of orders of which something left or that wait: units wanted, and units that left on the first day."""
    return f"""SELECT l.id, l.order_id, l.ordered - l.cancelled AS wanted, COALESCE((
          SELECT SUM(p.quantity) FROM fulfilment_shipmentline p JOIN fulfilment_shipment s ON s.id = p.shipment_id
          WHERE p.order_line_id = l.id AND s.status <> 'cancelled' AND s.dispatched_at IS NOT NULL
            AND {day("s.dispatched_at")} = (SELECT MIN({day("f.dispatched_at")}) FROM fulfilment_shipment f
              WHERE f.order_id = l.order_id AND f.status <> 'cancelled' AND f.dispatched_at IS NOT NULL)
        ), 0) AS at_first
        FROM orders_orderline l JOIN orders_order o ON o.id = l.order_id
        WHERE {STOCKED} AND {TAKEN} AND {within("o.accepted_at")} AND {attempted()}"""


def attempted() -> str:
    return """(o.fulfilment_status = 'waiting' OR EXISTS (SELECT 1 FROM fulfilment_shipment s WHERE s.order_id = o.id
        AND s.status <> 'cancelled' AND s.dispatched_at IS NOT NULL))"""


def unit_fill() -> str:
    return f"SELECT SUM(at_first), SUM(wanted), COUNT(*) FROM ({tried_lines()}) t WHERE wanted > 0"


def line_fill() -> str:
    return share("at_first >= wanted", f"({tried_lines()}) t WHERE wanted > 0")


def order_fill() -> str:
    short = f"SELECT t.order_id FROM ({tried_lines()}) t WHERE t.at_first < t.wanted"
    return share(
        f"o.id NOT IN ({short})",
        f"orders_order o WHERE {TAKEN} AND o.units > 0 AND {within('o.accepted_at')} AND {attempted()}",
    )


# How long it takes --------------------------------------------------------------------------------
def first_parcels() -> str:
    """Each order with the moment its first parcel left, in the period."""
    return f"""SELECT o.id, o.placed_at, COALESCE(o.accepted_at, o.placed_at) AS accepted, MIN(s.dispatched_at) AS gone
        FROM orders_order o JOIN fulfilment_shipment s ON s.order_id = o.id
        WHERE {TAKEN} AND s.status <> 'cancelled' AND s.dispatched_at IS NOT NULL
        GROUP BY o.id, o.placed_at, o.accepted_at HAVING MIN(s.dispatched_at) >= {FROM} AND MIN(s.dispatched_at) < {UNTIL}"""


def percentile(values: str, percent: int) -> str:
    """Numerator: the percentile (of 50 the mean of the middle two); denominator and rows: how many."""
    ranked = f"SELECT v, ROW_NUMBER() OVER (ORDER BY v) AS r, COUNT(*) OVER () AS n FROM ({values}) x"
    middle = "r IN ((n + 1) / 2, n / 2 + 1)" if percent == 50 else f"r = (n * {percent} + 99) / 100"
    return f"SELECT AVG(v * 1.0), MAX(n), MAX(n) FROM ({ranked}) y WHERE {middle}"


def gross() -> str:
    return f"SELECT {exact_minutes('t.placed_at', 't.gone')} AS v FROM ({first_parcels()}) t"


def midnight(column: str) -> str:
    """The moment a day begins in Stockholm, in UTC (days of the demo only)."""
    if not is_sqlite():
        return f"(CAST({column} AS timestamp) AT TIME ZONE 'Europe/Stockholm')"
    summer = f"({column} BETWEEN '2026-03-30' AND '2026-10-25')"
    return f"strftime('%Y-%m-%d %H:%M:%f', {column}, CASE WHEN {summer} THEN '-2 hours' ELSE '-1 hour' END)"


def later(one: str, other: str) -> str:
    """The later of two moments; the second may be missing."""
    return f"CASE WHEN {other} IS NOT NULL AND {other} > {one} THEN {other} ELSE {one} END"


def net() -> str:
    """Without holds that stop the clock (those of the demo do not overlap); a renewal counts from its planned day."""
    begun = f"""SELECT t.id, t.gone, {later("t.accepted", midnight("d.leaves_on"))} AS start
        FROM ({first_parcels()}) t LEFT JOIN orders_delivery d ON d.order_id = t.id"""
    overlap = seconds(
        "CASE WHEN h.opened_at > b.start THEN h.opened_at ELSE b.start END",
        "CASE WHEN h.released_at < b.gone THEN h.released_at ELSE b.gone END",
    )
    held = f"""SELECT SUM(CASE WHEN {overlap} > 0 THEN {overlap} ELSE 0 END) FROM orders_hold h
        WHERE h.order_id = b.id AND h.pauses_sla = TRUE AND h.opened_at < b.gone"""
    spent = f"({seconds('b.start', 'b.gone')} - COALESCE(CAST(({held}) AS BIGINT), 0)) / 60"
    return f"SELECT CASE WHEN {spent} > 0 THEN {spent} ELSE 0 END AS v FROM ({begun}) b"


# The floor ----------------------------------------------------------------------------------------
PICKED = "('accepted', 'line_done', 'job_done')"
WRONG = "('wrong', 'extra')"


def judged() -> str:
    return f"fulfilment_scanevent e WHERE e.station = 'pick' AND e.verdict IN ('accepted', 'line_done', 'job_done', 'wrong', 'extra') AND {within('e.at')}"


def wrong_before() -> str:
    last_done = """SELECT MAX(p.at) FROM fulfilment_scanevent p WHERE p.by_id = e.by_id AND p.station = 'pick'
        AND p.verdict IN ('line_done', 'job_done') AND p.at < e.at"""
    return f"""EXISTS (SELECT 1 FROM fulfilment_scanevent w WHERE w.by_id = e.by_id AND w.station = 'pick'
        AND w.verdict IN {WRONG} AND w.at < e.at AND w.at > COALESCE(({last_done}), '1970-01-01 00:00:00'))"""


def line_picks() -> str:
    done = f"fulfilment_scanevent e WHERE e.station = 'pick' AND e.verdict IN ('line_done', 'job_done') AND {within('e.at')}"
    return share(f"NOT {wrong_before()}", done)


def pace() -> str:
    before = "(SELECT MAX(p.at) FROM fulfilment_scanevent p WHERE p.by_id = e.by_id AND p.station = e.station AND p.at < e.at)"
    rows = f"""SELECT e.verdict, e.at, {before} AS earlier FROM fulfilment_scanevent e
        WHERE e.station IN ('pick', 'pack') AND {within("e.at")}"""
    worked = f"CASE WHEN r.earlier >= {minute_before('r.at', 15)} THEN {seconds('r.earlier', 'r.at')} ELSE 0 END"
    return f"""SELECT SUM(CASE WHEN r.verdict IN ('line_done', 'job_done') THEN 1 ELSE 0 END), SUM({worked}), COUNT(*)
        FROM ({rows}) r"""


# Subscriptions ------------------------------------------------------------------------------------
# A word of SQL.
M_ON, J_ON = 'm."on"', 'j."on"'
EUR = "m.currency = 'EUR'"


def moves(kinds: str, sign: str = "") -> str:
    return total(f"{sign}m.amount", f"orders_mrrmovement m WHERE m.kind IN ({kinds}) AND {M_ON} {ON} AND {EUR}")


def start_of_mrr() -> str:
    return f"SELECT COALESCE(SUM(m.amount), 0) FROM orders_mrrmovement m WHERE {M_ON} < '{FIRST}' AND {EUR}"


def over_start(kinds: str, sign: str, more: str = "") -> str:
    """Over the monthly revenue at the start of the period."""
    return f"""SELECT COALESCE(SUM({sign}m.amount), 0), ({start_of_mrr()}), COUNT(*) FROM orders_mrrmovement m
        WHERE m.kind IN ({kinds}) AND {M_ON} {ON} AND {EUR} {more}"""


NOT_JOINED = f"""AND m.customer_id NOT IN (SELECT j.customer_id FROM orders_mrrmovement j
    WHERE j.kind IN ('new', 'reactivation') AND {J_ON} {ON})"""


def lost_customers() -> str:
    had = f"""SELECT COUNT(*) FROM (SELECT m.customer_id FROM orders_mrrmovement m WHERE {M_ON} < '{FIRST}' AND {EUR}
        GROUP BY m.customer_id HAVING SUM(m.amount) > 0) h"""
    return f"""SELECT COUNT(*), ({had}), COUNT(*) FROM orders_mrrmovement m
        WHERE m.kind = 'churn' AND {M_ON} {ON} AND {EUR} {NOT_JOINED}"""


def cases(condition: str) -> str:
    return number(
        f"""orders_dunning u JOIN orders_invoice i ON i.id = u.invoice_id
        WHERE i.currency = 'EUR' AND {within("u.opened_at")} AND {condition}"""
    )


def recovered() -> str:
    return share(
        "u.status = 'recovered'",
        f"""orders_dunning u JOIN orders_invoice i ON i.id = u.invoice_id WHERE i.currency = 'EUR'
        AND u.status NOT IN ('open', 'paused', 'promised') AND {within("u.opened_at")}""",
    )


RETRIED = """EXISTS (SELECT 1 FROM orders_charge c WHERE c.invoice_id = u.invoice_id AND c.planned_at > u.opened_at
    AND c.sent_at IS NOT NULL)"""


def value_to_date() -> str:
    rows = f"""orders_revenueentry r JOIN orders_invoice i ON i.id = r.invoice_id
        WHERE i.customer_id IS NOT NULL AND r.currency = 'EUR' AND r.booked_on <= '{LAST}'"""
    return f"SELECT SUM(r.amount), (SELECT COUNT(DISTINCT i.customer_id) FROM {rows}), COUNT(*) FROM {rows}"


# Stock --------------------------------------------------------------------------------------------
FREE = "(v.on_hand - v.unsaleable - v.allocated - v.safety)"


def out_of_stock() -> str:
    free = f"(SELECT COALESCE(SUM({FREE}), 0) FROM inventory_stocklevel v WHERE v.sku_id = k.id)"
    return share(f"{free} <= 0", "inventory_sku k WHERE k.status = 'active' AND k.is_bundle = FALSE")


def avoidable() -> str:
    other = """EXISTS (SELECT 1 FROM inventory_stocklevel x JOIN inventory_warehouse w2 ON w2.id = x.warehouse_id
        WHERE x.sku_id = v.sku_id AND x.warehouse_id <> v.warehouse_id AND w2.is_active = TRUE
          AND x.on_hand - x.unsaleable - x.allocated - x.safety > 0)"""
    return share(
        f"{FREE} <= 0 AND {other}",
        """inventory_stocklevel v JOIN inventory_sku k ON k.id = v.sku_id
        JOIN inventory_warehouse w ON w.id = v.warehouse_id WHERE k.status = 'active' AND w.is_active = TRUE""",
    )


def counted_right() -> str:
    entry = "SELECT 1 FROM inventory_countentry n WHERE n.task_id = t.id AND n.voided_at IS NULL"
    return share(
        f"EXISTS ({entry} AND n.counted = n.expected)",
        f"inventory_counttask t WHERE t.done_at IS NOT NULL AND {within('t.done_at')} AND EXISTS ({entry})",
    )


def units_shipped(ends_of_days: list[str]) -> str:
    """Over the average of what lay there at the end of each day: today's level taken back along the ledger."""
    moment = "d.e" if is_sqlite() else "CAST(d.e AS timestamptz)"
    ends = ", ".join(f"('{end}')" for end in ends_of_days)
    held = f"""WITH d(e) AS (VALUES {ends}) SELECT AVG(b * 1.0) FROM (SELECT (SELECT SUM(on_hand) FROM inventory_stocklevel)
        - COALESCE((SELECT SUM(m.quantity) FROM inventory_stockmovement m WHERE m.at >= {moment}), 0) AS b FROM d) x"""
    return f"""SELECT SUM(-q.quantity), ({held}), COUNT(*) FROM inventory_stockmovement q
        WHERE q.kind = 'shipped' AND {within("q.at")}"""
