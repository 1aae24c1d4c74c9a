"""What about floor and parcels a person must decide: shorts, standing work, silent carriers, failed deliveries."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.db.models import Case, DateTimeField, Exists, F, OuterRef, Q, QuerySet, Sum, When
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from fulfilment.models import Carrier, FulfilmentOrder, PickTask, Shipment
from fulfilment.problems import ADVICE, problem_words, troubled
from fulfilment.states import ShipmentStatus, WorkStatus
from ordermgmt.blocking import Fix
from ordermgmt.exception_groups import grouped
from ordermgmt.exceptions import Cause, ExceptionRule, Row, exception_rule
from ordermgmt.known_problems import Scope, problem_scope
from ordermgmt.models import ExceptionItem
from ordermgmt.roles import Role
from ordermgmt.templatetags import portal
from orders.blockers import PATIENCE
from orders.exception_rows import order_rows
from orders.models import Order


@exception_rule
class ShortAtPick(ExceptionRule):
    """A picker found too little at a place, and orders still wait for those units."""

    name = "pick.short"
    title = gettext_lazy("Items short at pick")
    owner_role = Role.LEAD
    permission = "fulfilment.view"

    def causes(self, now: datetime) -> Iterable[Cause]:
        tasks = PickTask.objects.filter(short__gt=0, bin__is_suspect=True, line__order_line__backordered__gt=0)
        tasks = tasks.annotate(since=Coalesce("line__work__picking_at", "line__work__created_at"))
        by = ("bin", "bin__code", "line__sku__code")
        units = {tuple(row): n for *row, n in tasks.order_by().values_list(*by).annotate(n=Sum("short"))}
        for group in grouped(tasks, by=by, number="line__work__order__number"):
            place, code, item = group.values.values()
            facts = {"bin": place, "place": code, "item": item, "units": units[(place, code, item)]}
            yield group.cause(key=f"{place} {item}", facts=facts)

    def sentence(self, item: ExceptionItem) -> str:
        words = ngettext(
            "%(units)s × %(item)s was not at %(place)s · %(n)s order",
            "%(units)s × %(item)s was not at %(place)s · %(n)s orders",
            item.count,
        )
        return words % {**item.facts, "n": portal.number(item.count)}

    def rows(self, item: ExceptionItem, now: datetime) -> Sequence[Row]:
        return order_rows(item, now, "short_pick")

    def fixes(self, item: ExceptionItem) -> Sequence[Fix]:
        place, code = item.facts["bin"], item.facts["item"]
        effect = _("What is found goes to these orders; the rest waits for stock")
        return [
            Fix(_("Count %(place)s") % item.facts, reverse("count_place", args=[place]), permission="inventory.adjust", effect=effect),
            Fix(_("See the item"), reverse("item_detail", args=[code]), permission="inventory.view"),
        ]  # fmt: skip


_STANDS = {
    WorkStatus.RELEASED: "released_at",
    WorkStatus.PICKING: "picking_at",
    WorkStatus.PICKED: "picked_at",
    WorkStatus.PACKING: "packing_at",
    WorkStatus.PACKED: "packed_at",
}


@exception_rule
class WorkStands(ExceptionRule):
    """Released work that has not moved for longer than its step should take."""

    name = "work.stands"
    title = gettext_lazy("Work on the floor stands still")
    owner_role = Role.LEAD
    target = timedelta(hours=1)
    permission = "fulfilment.view"

    def causes(self, now: datetime) -> Iterable[Cause]:
        late = Q(pk__in=[])
        for status, field in _STANDS.items():
            late |= Q(status=status, **{f"{field}__lt": now - PATIENCE[status]})
        since = Case(*(When(status=s, then=F(f)) for s, f in _STANDS.items()), output_field=DateTimeField())
        works = FulfilmentOrder.objects.filter(late).annotate(since=since)
        by = ("warehouse__code", "status")
        return [group.cause() for group in grouped(works, by=by, number="order__number")]

    def sentence(self, item: ExceptionItem) -> str:
        words = ngettext(
            "%(n)s order at %(place)s is %(state)s and stands still",
            "%(n)s orders at %(place)s are %(state)s and stand still",
            item.count,
        )
        state = str(WorkStatus(item.facts["status"]).label).lower()
        return words % {"n": portal.number(item.count), "place": item.facts["warehouse__code"], "state": state}

    def rows(self, item: ExceptionItem, now: datetime) -> Sequence[Row]:
        return order_rows(item, now, f"work.{item.facts['status']}")

    def fixes(self, item: ExceptionItem) -> Sequence[Fix]:
        return [Fix(_("Open the waves"), reverse("wave_list"), permission="fulfilment.release", effect=_("Take over, or give the wave to somebody else"))]  # fmt: skip


class OfParcels(ExceptionRule):
    """Parcels in trouble of one kind."""

    permission = "fulfilment.view"
    number = "number"

    def rows_url(self, item: ExceptionItem) -> str:
        asked = {"view": "problem", "trouble": item.facts["code"]}
        if item.facts.get("carrier"):
            asked["carrier"] = item.facts["carrier"]
        return f"{reverse('shipment_list')}?{urlencode(asked)}"

    def rows(self, item: ExceptionItem, now: datetime) -> Sequence[Row]:
        numbers = list(item.subjects.order_by("pk").values_list("number", flat=True)[:10])
        parcels = Shipment.objects.filter(number__in=numbers).select_related("order").order_by("dispatched_at", "pk")
        return [
            Row(one.number, reverse("shipment", args=[one.number]), f"{one.order.recipient}, {one.order}", portal.money(one.order.total, one.order.currency))
            for one in parcels
        ]  # fmt: skip

    def fixes(self, item: ExceptionItem) -> Sequence[Fix]:
        first, code = item.facts["first"], item.facts["code"]
        effect = str(ADVICE.get(code, ""))
        return [
            Fix(_("Open %(number)s") % {"number": first}, reverse("shipment", args=[first]), permission="fulfilment.view", effect=effect),
            Fix(_("All of them"), self.rows_url(item), permission="fulfilment.view"),
        ]  # fmt: skip


@exception_rule
class Silent(OfParcels):
    """Handed over two days ago and not scanned since, by carrier."""

    name = "parcel.silent"
    title = gettext_lazy("No carrier scan for 48 h")
    target = timedelta(days=3)

    def causes(self, now: datetime) -> Iterable[Cause]:
        quiet = troubled(Shipment.objects.all(), "silent", now).annotate(
            since=Coalesce("last_event_at", "dispatched_at")
        )
        found = grouped(
            quiet, by=("carrier", "carrier__name"), amount="order__total", currency="order__currency"
        )  # fmt: skip
        for group in found:
            facts = {"code": "silent", "carrier": group.values["carrier"], "name": group.values["carrier__name"],
                     "first": group.subjects[0]}  # fmt: skip
            yield group.cause(key=str(group.values["carrier"]), facts=facts)

    def sentence(self, item: ExceptionItem) -> str:
        words = ngettext("%(n)s parcel of %(who)s has no scan for 48 h", "%(n)s parcels of %(who)s have no scan for 48 h", item.count)  # fmt: skip
        return words % {"n": portal.number(item.count), "who": item.facts["name"]}


@exception_rule
class DeliveryFailed(OfParcels):
    """What carriers reported: not delivered, on the way back, held, delayed."""

    name = "parcel.problem"
    title = gettext_lazy("Delivery problems")
    tone = "bad"
    target = timedelta(hours=8)

    def causes(self, now: datetime) -> Iterable[Cause]:
        wrong = troubled(Shipment.objects.all(), "", now).annotate(
            since=Coalesce("last_event_at", "dispatched_at", "packed_at")
        )
        for group in grouped(wrong, by=("problem",), amount="order__total", currency="order__currency"):
            yield group.cause(facts={"code": group.key, "first": group.subjects[0]})

    def sentence(self, item: ExceptionItem) -> str:
        what = problem_words(item.facts["code"])
        if item.count == 1:
            return f"{what} · {item.facts['first']}"
        return _("%(what)s: %(n)s parcels") % {"what": what, "n": portal.number(item.count)}

    def fixes(self, item: ExceptionItem) -> Sequence[Fix]:
        found = list(super().fixes(item))
        advice = str(ADVICE.get(item.facts["code"].partition(":")[0], ""))
        return [found[0]._replace(effect=advice), *found[1:]]


def _carried(code: str) -> QuerySet[Order]:
    """Orders with a parcel of the carrier that has not arrived."""
    parcels = Shipment.objects.exclude(status=ShipmentStatus.CANCELLED)
    under_way = parcels.filter(order=OuterRef("pk"), carrier__code=code, delivered_at=None, returned_at=None)
    return Order.objects.filter(Exists(under_way))


problem_scope(
    Scope(
        "carrier", gettext_lazy("A carrier"),
        lambda: [(carrier.code, carrier.name) for carrier in Carrier.objects.filter(is_active=True).order_by("name")],
        _carried, lambda key: f"{reverse('order_list')}?{urlencode({'view': 'all', 'carrier': key})}",
        lambda key: Carrier.objects.filter(code=key).exists(),
    )
)  # fmt: skip
