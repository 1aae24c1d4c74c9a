"""The warehouses as they are now: whom they serve, when they work, how full their days are."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import Count, F, FilteredRelation, Q, QuerySet

from inventory.models import ServedZone, StockLevel, Warehouse
from ordermgmt.clock import business_day
from ordermgmt.prepared import Prepared
from orders import promising
from orders.models import Order
from orders.promising import HORIZON_DAYS, Calendar, Promise
from orders.sourcing import Source
from orders.states import FulfilmentStatus, OrderStatus


@dataclass(frozen=True, slots=True)
class Destination:
    """Where an order goes, and by when the customer would like it."""

    country: str
    postcode: str = ""
    wished_on: date | None = None
    promised_on: date | None = None


class Zone(NamedTuple):
    """The part of the world a warehouse serves, and how."""

    warehouse_id: int
    code: str
    priority: int
    country: str
    postcode_prefix: str
    transit_days: int
    distance_rank: int


@dataclass(frozen=True, slots=True)
class Network:
    """Zones by country and calendars by warehouse id, read once and used for many orders."""

    zones: dict[str, list[Zone]]
    calendars: dict[int, Calendar]
    now: datetime

    def serving(self, to: Destination) -> list[Zone]:
        """One zone per warehouse: the one whose postcode start fits longest."""
        code = to.postcode.replace(" ", "").upper()
        best: dict[int, Zone] = {}
        for zone in self.zones.get(to.country, ()):
            known = best.get(zone.warehouse_id)
            longer = known is None or len(zone.postcode_prefix) > len(known.postcode_prefix)
            if longer and code.startswith(zone.postcode_prefix.upper()):
                best[zone.warehouse_id] = zone
        return sorted(best.values(), key=lambda z: (z.distance_rank, z.priority, z.warehouse_id))

    def sources(self, to: Destination) -> tuple[Source, ...]:
        """The warehouses that serve a destination, with the promise each could make."""
        return tuple(self._source(zone, to) for zone in self.serving(to))

    def _source(self, zone: Zone, to: Destination) -> Source:
        made = self._promise(zone, to)
        wanted = to.wished_on or to.promised_on
        return Source(
            zone.warehouse_id,
            zone.code,
            distance_rank=zone.distance_rank,
            priority=zone.priority,
            delivery_on=made.delivery_on,
            is_in_time=wanted is None or made.delivery_on <= wanted,
            capacity_left=self.calendars[zone.warehouse_id].room_on(made.ship_on),
        )

    def promise(
        self, to: Destination, warehouse_ids: Collection[int], *, is_short: bool, expected_on: date | None = None
    ) -> Promise | None:
        """When all of an order is there: its last part decides. None when nobody serves the address.

        What nobody has is promised for `expected_on`, or for a fixed number of working days from now.
        """
        zones = self.serving(to)
        used = [zone for zone in zones if zone.warehouse_id in warehouse_ids]
        made = [self._promise(zone, to) for zone in used]
        if zones and (is_short or not made):
            zone = (used or zones)[0]
            made.append(self._promise(zone, to, available_on=expected_on or self._unknown_arrival(zone)))
        if not made:
            return None
        return Promise(max(p.ship_on for p in made), max(p.delivery_on for p in made))

    def _promise(self, zone: Zone, to: Destination, *, available_on: date | None = None) -> Promise:
        return promising.promise(
            self.calendars[zone.warehouse_id],
            now=self.now,
            transit_days=zone.transit_days,
            country=to.country,
            available_on=available_on,
            requested_on=to.wished_on,
        )

    def _unknown_arrival(self, zone: Zone) -> date:
        calendar = self.calendars[zone.warehouse_id]
        start = promising.first_day(calendar, self.now)
        return promising.workdays_later(calendar, start, promising.UNKNOWN_ARRIVAL_WORKDAYS)


def load_network(*, now: datetime, countries: Iterable[str] | None = None, horizon_days: int = HORIZON_DAYS) -> Network:
    """Two statements at most, whatever the number of warehouses and orders; closures up to `horizon_days` ahead."""
    first = business_day(now) - timedelta(days=1)
    last = first + timedelta(days=horizon_days)
    if countries is None:
        return _network(_zones(first, last), now)
    return _network(_ZONES_OF(sorted(set(countries)), first, last), now)


def _zones(first: date, last: date) -> QuerySet[ServedZone, tuple[Any, ...]]:
    """Zones with their warehouses and closures between two days: a row for each closure, or one without."""
    near = Q(warehouse__closures__day__range=(first, last))
    rows = ServedZone.objects.filter(warehouse__is_active=True).order_by("pk")
    rows = rows.annotate(closed=FilteredRelation("warehouse__closures", condition=near))
    return rows.values_list(*ZONE_COLUMNS, *CALENDAR_COLUMNS, "closed__day")


_ZONES_OF = Prepared(lambda countries, first, last: _zones(first, last).filter(country__in=countries))
ZONE_COLUMNS: tuple[str, ...] = (
    "pk",
    "warehouse_id",
    "warehouse__code",
    "warehouse__priority",
    "country",
    "postcode_prefix",
    "transit_days",
    "distance_rank",
)
CALENDAR_COLUMNS: tuple[str, ...] = (
    "warehouse__time_zone",
    "warehouse__cut_off",
    "warehouse__work_days",
    "warehouse__country",
    "warehouse__observes_holidays",
    "warehouse__daily_capacity",
)


def _network(rows: Iterable[tuple[Any, ...]], now: datetime) -> Network:
    """From rows of a zone with its warehouse and one closure each."""
    zones: dict[int, Zone] = {}
    facts: dict[int, tuple[Any, ...]] = {}
    closed: dict[int, set[date]] = defaultdict(set)
    width = len(ZONE_COLUMNS)
    for row in rows:
        zone = zones.setdefault(row[0], Zone(*row[1:width]))
        facts[zone.warehouse_id] = row[width:-1]
        if row[-1]:
            closed[zone.warehouse_id].add(row[-1])
    by_country: dict[str, list[Zone]] = defaultdict(list)
    for zone in zones.values():
        by_country[zone.country].append(zone)
    calendars = {pk: _calendar(row, frozenset(closed[pk])) for pk, row in facts.items()}
    return Network(dict(by_country), _with_load(calendars, now), now)


def _calendar(row: tuple[Any, ...], closed: frozenset[date]) -> Calendar:
    time_zone, cut_off, work_days, country, observes_holidays, capacity = row
    return Calendar(time_zone, cut_off, work_days, country, observes_holidays, closed, capacity)


def _with_load(calendars: dict[int, Calendar], now: datetime) -> dict[int, Calendar]:
    limited = [pk for pk, calendar in calendars.items() if calendar.capacity]
    if not limited:
        return calendars
    load: dict[int, dict[date, int]] = defaultdict(dict)
    promised = Order.objects.filter(
        status=OrderStatus.ACCEPTED,
        ship_from__in=limited,
        promised_ship_on__gte=business_day(now),
        fulfilment_status__in=[
            FulfilmentStatus.UNFULFILLED,
            FulfilmentStatus.WAITING,
            FulfilmentStatus.IN_PROGRESS,
        ],
    )
    for pk, day, count in promised.values_list("ship_from", "promised_ship_on").annotate(n=Count("pk")):
        load[pk][day] = count
    return {pk: replace(calendar, load=load[pk]) for pk, calendar in calendars.items()}


def free_units(sku_ids: Iterable[int]) -> dict[tuple[int, int], int]:
    """Units available to promise by (warehouse, SKU), as last committed; only levels that have any."""
    levels = StockLevel.objects.filter(sku__in=set(sku_ids), on_hand__gt=F("unsaleable") + F("allocated") + F("safety"))
    return {(level.warehouse_id, level.sku_id): level.free for level in levels}


def works_today(warehouse: Warehouse, now: datetime) -> bool:
    """Whether a warehouse works on the day it is there."""
    today = business_day(now, warehouse.time_zone)
    closed = frozenset(warehouse.closures.filter(day=today).values_list("day", flat=True))
    facts = (getattr(warehouse, column.removeprefix("warehouse__")) for column in CALENDAR_COLUMNS)
    return _calendar(tuple(facts), closed).works_on(today)
