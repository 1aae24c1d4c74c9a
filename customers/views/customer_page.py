"""P11: one customer: who it is, what to say, what is open, the money, and what may be done."""

from typing import Any

from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _

from customers.actions.consents import current_consents
from customers.actions.contacts import last_check
from customers.addressing import country_name, phone_words
from customers.desks import Desk, Standing, standing_of, tabs_of
from customers.filters import look_alikes
from customers.follow_up_forms import FollowUpForm
from customers.forms import NoteForm, ReasonForm
from customers.models import ConsentKind, Customer, FollowUp
from customers.states import CustomerStatus
from ordermgmt.access import StaffRequest, staff_page
from ordermgmt.clock import business_day
from ordermgmt.models import Activity
from ordermgmt.timelines import MOST, by_day

OVERVIEW = "overview"
PROMISES_SHOWN = 10


def customer_of(number: str) -> Customer:
    rows = Customer.objects.select_related("merged_into").prefetch_related("addresses", "consents", "identities")
    return get_object_or_404(rows, number=number)


@staff_page("customers.view")
def customer_detail(request: StaffRequest, number: str) -> HttpResponse:
    """Open things first, history last; one tab at a time under what stays."""
    return show(request, customer_of(number))


def show(request: StaffRequest, customer: Customer, status: int = 200, **forms: Any) -> HttpResponse:
    """The page, with a form that was refused in the place of an empty one."""
    desk = Desk(customer, request.user, timezone.now(), request.GET.dict())
    standing = standing_of(desk)
    tabs = tabs_of(desk)
    tab = next((tab for tab in tabs if tab.slug == request.GET.get("tab")), None)
    context = {
        "page": "customer",
        **_identity(desk, standing),
        "standing": standing,
        "tabs": _tab_links(tabs, tab.slug if tab else OVERVIEW, standing),
        "tab": tab,
        "rows": tab.build(desk) if tab else None,
        **({} if tab else _overview(desk, standing)),
        "note_form": NoteForm(),
        "reason_form": ReasonForm(),
        "follow_up_form": FollowUpForm(user=request.user, now=desk.now),
        **forms,
    }
    return render(request, "customers/customer.html", context, status=status)


def _tab_links(tabs: Any, current: str, standing: Standing) -> list[dict[str, Any]]:
    links = [{"label": _("Overview"), "href": "?", "count": None, "current": current == OVERVIEW}]
    return links + [
        {"label": tab.label, "href": f"?tab={tab.slug}", "count": standing.counts.get(tab.slug), "current": tab.slug == current}
        for tab in tabs
    ]  # fmt: skip


def _identity(desk: Desk, standing: Standing) -> dict[str, Any]:
    """What stays on top in every tab."""
    customer, home = desk.customer, desk.customer.current_address
    is_live = customer.status in (CustomerStatus.ACTIVE, CustomerStatus.BLOCKED)
    return {
        "customer": customer,
        "home": home,
        "phone": phone_words(customer.phone, home.country if home else ""),
        "is_live": is_live,
        "may_edit": desk.may("customers.edit"),
        "may_merge": desk.may("customers.merge"),
        "checks": ", ".join(
            [*([_("postcode %(code)s") % {"code": home.postcode}] if home and home.postcode else []), *standing.checks]
        ),
        "checked": last_check(customer, now=desk.now) if is_live else None,
        "deeds": [deed for deed in standing.deeds if deed.looks == "menu"],
        "buttons": [deed for deed in standing.deeds if deed.looks != "menu"],
    }


def _overview(desk: Desk, standing: Standing) -> dict[str, Any]:
    customer = desk.customer
    promises = FollowUp.objects.filter(customer=customer).select_related("person")
    return {
        "addresses": _addresses(customer),
        "consents": _consents(customer),
        "look_alikes": look_alikes(customer)[:2] if customer.can_move_to(CustomerStatus.MERGED) else [],
        "promises": list(promises.open().in_order()[:PROMISES_SHOWN]),
        "today": business_day(desk.now),
        "days": by_day(_history(customer.number, standing), now=desk.now),
    }


def _history(number: str, standing: Standing) -> Any:
    """Of the customer, of what is open, and of what they subscribe to."""
    numbers = [number, *standing.threads]
    rows = Activity.objects.filter(Q(subject__in=numbers) | Q(thread__in=numbers))
    return rows.order_by("-at", "-pk")[:MOST]


def _addresses(customer: Customer) -> list[Any]:
    rows = [row for row in customer.addresses.all() if row.replaced_at is None]
    for row in rows:
        row.country_words = country_name(row.country)  # type: ignore[attr-defined]
    return sorted(rows, key=lambda row: (not row.is_default, -row.pk))


def _consents(customer: Customer) -> list[dict[str, Any]]:
    newest = current_consents(customer)
    return [{"kind": kind, "label": label, "row": newest.get(kind)} for kind, label in ConsentKind.choices]
