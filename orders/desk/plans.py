"""Subscriptions on the page of a customer: what comes next and when it closes, changed straight from there."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from customers.desks import PROBLEM, Card, Deed, Desk, Open, Part, desk_part
from ordermgmt.clock import business_day
from ordermgmt.templatetags import portal
from orders.billing_states import LIVE_DUNNING, SubscriptionStatus
from orders.models import Delivery, Dunning, Subscription
from orders.payments.declines import decline_words
from orders.saying import say_next
from orders.subscription_deeds import DEEDS
from orders.subscription_rows import load_rows

MOST = 20
OVER = (SubscriptionStatus.CANCELLED, SubscriptionStatus.EXPIRED)
# Beside Skip next, in this order.
OFFERED = ("move", "swap", "pause", "resume", "take-back", "cancel")


@desk_part(rank=20)
def plans_of(desk: Desk) -> Part:
    """The subscriptions that run, and what is not paid or waits for a decision."""
    if not desk.may("subscriptions.view"):
        return Part()
    rows = Subscription.objects.filter(customer=desk.customer).select_related(
        "version__plan", "next_version__plan", "customer", "address", "method"
    )
    found = list(rows.order_by("-pk")[: MOST * 2])
    live = [s for s in found if s.current_status not in OVER][:MOST]
    load_rows(live, now=desk.now)
    comes = [s.coming for s in live if s.coming]  # type: ignore[attr-defined]
    first = min(comes, key=lambda one: one.leaves_on, default=None)
    return Part(
        open=[*_unpaid(desk), *_parked(desk), *_owed(live)],
        cards=[_card(desk, live, len(found) - len(live))] if found else [],
        deeds=_deeds(desk, bool(found)),
        say=say_next(first) if first else "",
        say_rank=20,
        threads=[s.number for s in live],
    )


def _card(desk: Desk, live: list[Subscription], over: int) -> Card:
    """One block for each; the first that can be skipped takes the key."""
    may_edit, today, rows, is_keyed = desk.may("subscriptions.edit"), business_day(desk.now), [], False
    for s in live:
        may_skip = may_edit and s.coming is not None and DEEDS["skip"].is_offered(s)  # type: ignore[attr-defined]
        deeds = [DEEDS[slug] for slug in OFFERED if DEEDS[slug].is_offered(s)] if may_edit else []
        key = "k" if may_skip and not is_keyed else ""
        is_keyed = is_keyed or bool(key)
        rows.append({"s": s, "may_skip": may_skip, "key": key, "deeds": deeds, "is_over": False})
    facts: dict[str, Any] = {"rows": rows, "over": over, "today": today, "back": f"/customers/{desk.customer.number}/"}
    facts["all_url"] = f"{reverse('subscription_list')}?view=all&q={desk.customer.number}"
    return Card(template="customers/cards/plans.html", facts=facts, place="main", rank=20)


def _deeds(desk: Desk, has_any: bool) -> list[Deed]:
    if not desk.may("subscriptions.edit") or desk.customer.status not in ("active", "blocked"):
        return []
    url = f"{reverse('subscription_new')}?customer={desk.customer.number}"
    return [Deed(label=_("New subscription"), url=url, icon="repeat", rank=20)]


def _unpaid(desk: Desk) -> list[Open]:
    """Invoices whose payment failed and is still wanted."""
    cases = Dunning.objects.filter(invoice__customer=desk.customer, status__in=LIVE_DUNNING).select_related("invoice")
    name = "dunning_case" if desk.may("orders.finance") else "invoice"
    return [
        Open(
            number=case.invoice.number,
            url=reverse(name, args=[case.invoice.number]),
            words=_("Payment failed: %(why)s") % {"why": decline_words(case.reason)}
            if case.reason
            else _("Payment failed"),
            tone="bad",
            since=case.opened_at,
            note=portal.money(case.invoice.balance, case.invoice.currency),
            rank=5,
        )
        for case in cases.order_by("opened_at")[:MOST]
    ]


def _parked(desk: Desk) -> list[Open]:
    """Deliveries that the renewal could not order by itself."""
    rows = Delivery.objects.filter(subscription__customer=desk.customer, parked_at__isnull=False, is_next=True)
    return [
        Open(
            number=row.subscription.number,
            url=row.subscription.get_absolute_url(),
            words=_("The delivery of %(day)s was not ordered: %(why)s")
            % {"day": portal.weekday_words(row.leaves_on), "why": row.parked_reason},
            tone="hold",
            since=row.parked_at,
            rank=20,
        )
        for row in rows.select_related("subscription").order_by("parked_at")[:MOST]
    ]


def _owed(live: list[Subscription]) -> list[Open]:
    """Paid in advance and not sent yet."""
    return [
        Open(
            number=s.number,
            url=s.get_absolute_url(),
            words=ngettext(
                "%(n)s delivery is paid and not sent yet",
                "%(n)s deliveries are paid and not sent yet",
                s.deliveries_owed,
            )
            % {"n": s.deliveries_owed},
            tone="waiting",
            rank=PROBLEM + 30,
        )
        for s in live
        if s.deliveries_owed
    ]
