"""Orders on the page of a customer: what is open and why, what was bought most, repeating the last one."""

from collections.abc import Sequence
from typing import Any

from django.db.models import F, Q, Sum
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.desks import PROBLEM, Card, Deed, Desk, Open, Part, Rows, desk_part, desk_tab
from ordermgmt.blocking import Blocker, blockers_of
from ordermgmt.listing.counting import total_of
from ordermgmt.templatetags import portal
from orders.models import Order, OrderLine
from orders.saying import say_this
from orders.states import FulfilmentStatus, LineKind, OrderStatus
from orders.wording import StateWord, state_of

MOST_OPEN, MOST_LOVED, MOST_ROWS, MOST_COUNTED = 20, 3, 50, 1000
SOLD = (LineKind.ITEM, LineKind.BUNDLE)
BOUGHT = (OrderStatus.ACCEPTED, OrderStatus.CLOSED)
ON_THE_WAY = Q(
    status=OrderStatus.CLOSED, fulfilment_status__in=(FulfilmentStatus.SHIPPED, FulfilmentStatus.PART_SHIPPED)
)
QUIET = frozenset({"waiting", "neutral", "good"})


@desk_part(rank=10)
def orders_of(desk: Desk) -> Part:
    """Open ones with what stops them, the newest of the others, what was bought most."""
    if not desk.may("orders.view"):
        return Part()
    own = Order.objects.filter(customer=desk.customer)
    rows = list(
        own.filter(Q(status=OrderStatus.ACCEPTED) | ON_THE_WAY).with_state().order_by("-placed_at", "-pk")[:MOST_OPEN]
    )
    why = blockers_of(rows, now=desk.now)
    shown = [_open(order, state_of(order), why.get(order.pk, [])) for order in rows]
    last = own.filter(status__in=BOUGHT).order_by("-placed_at", "-pk").first()
    return Part(
        open=shown,
        cards=[_loved(desk)],
        deeds=_deeds(desk, last),
        **_said(rows, why, last),
        counts={"orders": total_of(own, MOST_COUNTED)},
        checks=[_("last order %(day)s") % {"day": portal.weekday_words(last.placed_at)}] if last else [],
        threads=[order.number for order in rows] or ([last.number] if last else []),
    )


def _open(order: Order, state: StateWord, blockers: Sequence[Blocker]) -> Open:
    """The state with the first reason; what needs somebody comes first."""
    worst = blockers[0] if blockers else None
    tone = worst.tone if worst and worst.tone not in QUIET else state.look.tone
    needs = tone not in QUIET and tone != "active"
    reason = worst.sentence if worst else ""
    return Open(
        number=order.number,
        url=reverse("order_detail", args=[order.number]),
        words=f"{state.label}. {reason}" if reason else state.label,
        tone=tone,
        shape="" if worst and worst.tone not in QUIET else state.look.shape,
        since=worst.since if worst and needs else None,
        note=_note(order),
        rank=worst.rank if worst and needs else PROBLEM if needs else PROBLEM + 20,
    )  # fmt: skip


def _note(order: Order) -> str:
    total = portal.money(order.total, order.currency)
    if not order.promised_delivery_on:
        return total
    return _("%(sum)s, promised %(day)s") % {"sum": total, "day": portal.weekday_words(order.promised_delivery_on)}


def _said(rows: Sequence[Order], why: Any, last: Order | None) -> dict[str, Any]:
    """Of the order that most needs words: what is stopped, then what arrives first."""
    if rows:
        order = min(
            rows, key=lambda row: (_worst(why.get(row.pk, [])), row.promised_delivery_on or row.placed_at.date())
        )
        return {"say": say_this(order, state_of(order), why.get(order.pk, [])), "say_rank": 10}
    if last is None:
        return {"say": _("You have not ordered from us yet."), "say_rank": 90}
    facts = {"number": last.number, "day": portal.weekday_words(last.placed_at, "j F")}
    return {"say": _("Nothing is under way. Your last order, %(number)s, was of %(day)s.") % facts, "say_rank": 80}


def _worst(blockers: Sequence[Blocker]) -> int:
    return min((blocker.rank for blocker in blockers if blocker.customer_sentence), default=1000)


def _deeds(desk: Desk, last: Order | None) -> list[Deed]:
    if not desk.may("orders.create") or desk.customer.status not in ("active", "blocked"):
        return []
    new = reverse("order_new")
    deeds = [Deed(label=_("New order"), url=f"{new}?customer={desk.customer.number}", key="n", looks="main", rank=1)]
    if last is not None:
        url = f"{new}?repeat={last.number}"
        deeds.append(Deed(label=_("Repeat last order"), url=url, key="r", icon="repeat", looks="button", rank=2))
    return deeds


def _loved(desk: Desk) -> Card:
    """The items bought most, in units, of all that was not cancelled."""
    lines = OrderLine.objects.filter(order__customer=desk.customer, order__status__in=BOUGHT, kind__in=SOLD)
    rows: Any = lines.order_by().values_list("name").annotate(n=Sum(F("ordered") - F("cancelled"))).filter(n__gt=0)
    return Card(
        template="customers/cards/loves.html", facts={"loved": list(rows.order_by("-n", "name")[:MOST_LOVED])}, rank=30
    )


@desk_tab("orders", gettext_lazy("Orders"), rank=20, permission="orders.view")
def order_rows(desk: Desk) -> Rows:
    """The newest orders; the list of orders has them all."""
    own = Order.objects.filter(customer=desk.customer).order_by("-placed_at", "-pk")
    rows = list(own.with_state()[: MOST_ROWS + 1])
    return Rows(
        template="customers/tabs/orders.html",
        facts={
            "rows": [(order, state_of(order)) for order in rows[:MOST_ROWS]],
            "has_more": len(rows) > MOST_ROWS,
            "all_url": f"{reverse('order_list')}?view=all&customer={desk.customer.number}",
            "may_create": desk.may("orders.create"),
        },
    )
