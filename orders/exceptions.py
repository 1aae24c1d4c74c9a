"""What about orders a person must decide: holds, missing stock, late ones, documents that wait (ux.md 3.4)."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import F, Max, Min, Sum
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop, ngettext, ngettext_lazy

from inventory.models import StockMovement
from inventory.states import MovementKind
from ordermgmt.blocking import Fix
from ordermgmt.clock import business_day, business_zone, local_time
from ordermgmt.counted_rules import CountedRule
from ordermgmt.exception_groups import grouped
from ordermgmt.exceptions import Cause, Ending, ExceptionRule, Row, exception_rule
from ordermgmt.models import ExceptionItem
from ordermgmt.roles import Role
from ordermgmt.templatetags import portal
from orders import money_exceptions, problem_scopes, renewal_exceptions  # noqa: F401  (they register themselves)
from orders.blockers import FIXES, MAY
from orders.documents_in_need import documents_in_need
from orders.exception_rows import order_rows
from orders.models import InboundOrder, Order, OrderLine
from orders.states import HoldCode, OrderStatus
from orders.unshipped import past_ship_by, undecided_holds

# A customer's wish is no trouble; who does not pay is followed by dunning.
NO_TROUBLE = (HoldCode.REQUEST, HoldCode.PAYMENT)
SLACK = timedelta(minutes=2)


def orders_url(**asked: str) -> str:
    return f"{reverse('order_list')}?{urlencode({'view': 'all', **asked})}"


def end_of(day: Any) -> datetime:
    return datetime.combine(day, time(23, 59), business_zone())


@exception_rule
class OrdersHeld(ExceptionRule):
    """Orders that are held, by reason: address, duplicate, risk, unknown item and so on."""

    name = "order.held"
    title = gettext_lazy("Orders on hold")
    tone = "hold"

    def causes(self, now: datetime) -> Iterable[Cause]:
        held = undecided_holds(now).exclude(code__in=NO_TROUBLE)
        rules = held.order_by().values_list("code").annotate(hours=Min("target_hours"), role=Max("owner_role"))
        known = {code: (hours, role) for code, hours, role in rules}
        found = grouped(
            held, by=("code",), number="order__number", since="opened_at", amount="order__total", currency="order__currency"
        )  # fmt: skip
        for group in found:
            hours, role = known[group.key]
            facts = {**group.values, "first": group.subjects[0]}
            yield group.cause(facts=facts, target_at=group.since + timedelta(hours=hours), owner_role=role)

    def sentence(self, item: ExceptionItem) -> str:
        reason = HoldCode(item.facts["code"]).label
        if item.count == 1:
            return f"{reason} · {item.facts['first']}"
        return _("%(reason)s: %(n)s orders") % {"reason": reason, "n": portal.number(item.count)}

    def rows_url(self, item: ExceptionItem) -> str:
        return orders_url(undecided=item.facts["code"])

    def rows(self, item: ExceptionItem, now: datetime) -> Sequence[Row]:
        return order_rows(item, now, f"hold.{item.facts['code']}")

    def fixes(self, item: ExceptionItem) -> Sequence[Fix]:
        first, code = item.facts["first"], HoldCode(item.facts["code"])
        page = reverse("order_detail", args=[first])
        mend = FIXES.get(code)
        effect = _("%(number)s goes on by itself") % {"number": first}
        found = [Fix(mend[0](), reverse(mend[1], args=[first]), permission=MAY[mend[1]], effect=effect)] if mend else []
        return [*found, Fix(_("Open %(number)s") % {"number": first}, page, permission="orders.view", effect=_("Its page says what mends it"))]  # fmt: skip


@exception_rule
class WaitForStock(CountedRule):
    """Accepted orders that lack units, by item: received, they are promised by themselves."""

    name = "stock.short"
    title = gettext_lazy("Orders wait for stock")
    owner_role = Role.MANAGER
    target = timedelta(days=1)
    counted = ngettext_lazy(
        "%(item)s is short by %(units)s · %(n)s order waits",
        "%(item)s is short by %(units)s · %(n)s orders wait",
        "count",
    )

    def causes(self, now: datetime) -> Iterable[Cause]:
        lines = OrderLine.objects.filter(backordered__gt=0, sku__isnull=False, order__status=OrderStatus.ACCEPTED)
        units = (
            lines.order_by().values_list("sku__code").annotate(n=Sum("backordered"), day=Min("order__promised_ship_on"))
        )
        known = {code: (n, day) for code, n, day in units}
        found = grouped(
            lines, by=("sku__code",), number="order__number", since="order__accepted_at",
            amount="order__total", currency="order__currency",
        )  # fmt: skip
        for group in found:
            short, day = known[group.key]
            facts = {"item": group.key, "units": short}
            yield group.cause(facts=facts, target_at=end_of(day) if day else None)

    def rows_url(self, item: ExceptionItem) -> str:
        return orders_url(waits=item.facts["item"])

    def rows(self, item: ExceptionItem, now: datetime) -> Sequence[Row]:
        return order_rows(item, now, "stock")

    def fixes(self, item: ExceptionItem) -> Sequence[Fix]:
        code = item.facts["item"]
        effect = ngettext(
            "%(n)s order is promised by itself",
            "%(n)s orders are promised by themselves, the fairest first",
            item.count,
        )
        return [
            Fix(_("Receive %(item)s") % {"item": code}, reverse("item_receive", args=[code]), permission="inventory.adjust",
                effect=effect % {"n": portal.number(item.count)}),
            Fix(_("See the item"), reverse("item_detail", args=[code]), permission="inventory.view",
                effect=_("Where it lies, what is promised, who wants it")),
        ]  # fmt: skip

    def endings(self, items: Sequence[ExceptionItem], now: datetime) -> Mapping[int, Ending]:
        """When goods came in since it was last seen, that is why."""
        came = StockMovement.objects.filter(
            kind=MovementKind.RECEIVED, sku__code__in=[item.cause for item in items],
            at__gte=min(item.seen_at for item in items) - SLACK,
        )  # fmt: skip
        last = dict(came.order_by("at").values_list("sku__code", "at"))
        words = gettext_noop("stock received {at}")
        return {item.pk: Ending(words, {"at": local_time(last[item.cause])}) for item in items if item.cause in last}


@exception_rule
class PastShipBy(CountedRule):
    """Accepted orders whose day to leave is over."""

    name = "order.late"
    title = gettext_lazy("Orders past their ship-by day")
    owner_role = Role.LEAD
    tone = "bad"
    counted = ngettext_lazy("%(n)s order is past its ship-by day", "%(n)s orders are past their ship-by day", "count")

    def causes(self, now: datetime) -> Iterable[Cause]:
        late = past_ship_by(Order.objects.all(), business_day(now)).annotate(since=F("promised_ship_on"))
        for group in grouped(late, amount="total"):
            since = end_of(group.since)
            yield group.cause(since=since, target_at=since, facts={"oldest": group.since.isoformat()})

    def rows_url(self, item: ExceptionItem) -> str:
        return orders_url(due="late")

    def rows(self, item: ExceptionItem, now: datetime) -> Sequence[Row]:
        return order_rows(item, now, "late")

    def fixes(self, item: ExceptionItem) -> Sequence[Fix]:
        wave = Fix(
            _("New wave"),
            reverse("wave_new"),
            permission="fulfilment.release",
            effect=_("Those that can be picked leave next"),
        )
        return [wave, Fix(_("Open the orders"), self.rows_url(item), permission="orders.view")]  # fmt: skip


@exception_rule
class DocumentsInNeed(CountedRule):
    """Documents of a channel that could not be read, were refused, or changed at the shop."""

    name = "inbound.waits"
    title = gettext_lazy("Incoming documents wait")
    tone = "hold"
    permission = "orders.intake"
    counted = ngettext_lazy(
        "%(n)s document of %(shop)s waits for a person", "%(n)s documents of %(shop)s wait for a person", "count"
    )

    def causes(self, now: datetime) -> Iterable[Cause]:
        rows = documents_in_need(InboundOrder.objects.all())
        named = ("channel", "channel__name")
        for group in grouped(rows, by=named, number="external_id", since="received_at"):
            yield group.cause(key=str(group.values["channel"]))

    def known(self, item: ExceptionItem) -> Mapping[str, Any]:
        return {"shop": item.facts["channel__name"]}

    def rows_url(self, item: ExceptionItem) -> str:
        asked = {"view": "all", "need": "document", "channel": item.facts["channel"]}
        return f"{reverse('inbound_list')}?{urlencode(asked)}"

    def fixes(self, item: ExceptionItem) -> Sequence[Fix]:
        effect = _("Each says what is wrong and where; mended, it becomes an order")
        return [Fix(_("Open the documents"), self.rows_url(item), permission="orders.intake", effect=effect)]
