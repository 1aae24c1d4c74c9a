"""P08: one order, why it is not moving, and everything that can be done about it."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from customers.ticket_panel import tickets_for
from ordermgmt.access import staff_page
from ordermgmt.blocking import blockers_of, for_reader
from ordermgmt.clock import business_day
from ordermgmt.known_problems import problems_of
from ordermgmt.models import ActivityCategory
from ordermgmt.templatetags.portal import money, when
from orders.models import Delivery, Order
from orders.saying import say_this
from orders.states import OrderStatus
from orders.timeline import chips, timeline
from orders.views import detail_cards
from orders.wording import state_of


@staff_page("orders.view")
def order_detail(request: HttpRequest, number: str) -> HttpResponse:
    order = load(number)
    if order.status == OrderStatus.DRAFT and request.user.has_perm("orders.create"):
        return redirect(f"{reverse('order_new')}?draft={number}")
    return render(request, "orders/order_detail.html", context(request, order))


def load(number: str) -> Order:
    """The order with what its page shows, in a constant number of queries."""
    orders = Order.objects.with_state().select_related("channel", "customer", "assignee", "inbound", "replaces")
    order = (
        orders.prefetch_related("addresses", "lines__sku", "lines__allocations__warehouse", "charges", "payments")
        .prefetch_related("replacements", "invoices", "shipments__cartons__labels", "shipments__carrier")
        .filter(number=number)
        .first()
    )
    if order is None:
        raise Http404(number)
    return order


def context(request: HttpRequest, order: Order) -> dict[str, Any]:
    now = timezone.now()
    state = state_of(order)
    blockers = for_reader(blockers_of([order], now=now).get(order.pk, []), request.user)
    show = request.GET.get("show", "")
    show = show if show in ActivityCategory.values else ""
    return {
        "order": order,
        "delivery": _delivery_of(order),
        "is_open": order.status == OrderStatus.ACCEPTED,
        "inbound": getattr(order, "inbound", None),
        "state": state,
        "blockers": [_as_shown(blocker) for blocker in blockers],
        "has_left": any(line.shipped for line in order.lines.all()),
        "open_holds": order.open_holds,  # type: ignore[attr-defined]
        "problems": problems_of([order.pk]).get(order.pk, []),
        "steps": detail_cards.steps(order, state, is_paid=detail_cards.is_paid(order)),
        "rows": detail_cards.line_rows(list(order.lines.all())),
        "amounts": detail_cards.money_facts(order, money),
        "pay_url": _pay_url(request, order),
        "address": detail_cards.address_of(order),
        "billing": detail_cards.address_of(order, "billing"),
        "tickets": tickets_for(request.user, order.number),
        "say": say_this(order, state, blockers),
        "days": timeline(order.number, category=show, today=business_day(now)),
        "chips": chips(order.number, show, request.path),
    }


def _delivery_of(order: Order) -> Delivery | None:
    """The delivery of a subscription that it is, if it is one."""
    return Delivery.objects.select_related("subscription").filter(order=order).first() if order.is_renewal else None


def _pay_url(request: HttpRequest, order: Order) -> str:
    may = request.user.is_authenticated and request.user.has_perm("orders.finance")
    return reverse("order_payment", args=[order.number]) if may and order.balance > 0 else ""


def _as_shown(blocker: Any) -> dict[str, Any]:
    actions = [
        {"label": fix.label, "action" if fix.method.upper() == "POST" else "href": fix.url} for fix in blocker.fixes
    ]
    return {
        "what": blocker.sentence, "tone": blocker.tone, "since": when(blocker.since) if blocker.since else "", "target": when(blocker.target_at) if blocker.target_at else "",
        "owner": blocker.owner, "next": blocker.next_step, "actions": actions,
    }  # fmt: skip
