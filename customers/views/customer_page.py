"""P11: one customer, what is open, and what may be done."""

from typing import Any

from django.contrib import messages
from django.db.models import Count, Min, Q, QuerySet, Sum
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from customers.actions.consents import current_consents, set_consent
from customers.actions.customers import CustomerRefused, block_customer, note_customer, unblock_customer
from customers.addressing import country_name, phone_words
from customers.filters import look_alikes
from customers.forms import ConsentForm, NoteForm, ReasonForm
from customers.models import ConsentKind, Customer
from customers.states import CustomerStatus
from ordermgmt.access import StaffRequest, staff_page
from ordermgmt.timelines import field_changes, history_of

ORDERS_SHOWN = 20


def customer_of(number: str) -> Customer:
    rows = Customer.objects.select_related("merged_into").prefetch_related("addresses", "consents", "identities")
    return get_object_or_404(rows, number=number)


@staff_page("customers.view")
def customer_detail(request: StaffRequest, number: str) -> HttpResponse:
    """Open things first, history last."""
    return _page(request, customer_of(number))


def _page(request: StaffRequest, customer: Customer, status: int = 200, **forms: Any) -> HttpResponse:
    now = timezone.now()
    orders = customer.orders.order_by("-placed_at", "-pk")
    home = customer.current_address
    context = {
        "page": "customer",
        "customer": customer,
        "home": home,
        "phone": phone_words(customer.phone, home.country if home else ""),
        "addresses": _addresses(customer),
        "open_orders": list(orders.filter(status="accepted")[:ORDERS_SHOWN]),
        "past_orders": list(orders.exclude(status="accepted")[:ORDERS_SHOWN]),
        "orders_url": _orders_url(customer),
        "subscriptions": _subscriptions(request, customer),
        "may_subscribe": request.user.has_perm("subscriptions.edit"),
        "money": _money(orders),
        "consents": _consents(customer),
        "look_alikes": look_alikes(customer)[:5] if customer.can_move_to(CustomerStatus.MERGED) else [],
        "days": history_of(customer.number, now=now),
        "fields": field_changes(customer),
        "is_live": customer.status in (CustomerStatus.ACTIVE, CustomerStatus.BLOCKED),
        "may_edit": request.user.has_perm("customers.edit"),
        "may_see_money": request.user.has_perm("orders.finance"),
        "may_merge": request.user.has_perm("customers.merge"),
        "note_form": NoteForm(),
        "reason_form": ReasonForm(),
        **forms,
    }
    return render(request, "customers/customer.html", context, status=status)


def _addresses(customer: Customer) -> list[Any]:
    rows = [row for row in customer.addresses.all() if row.replaced_at is None]
    for row in rows:
        row.country_words = country_name(row.country)  # type: ignore[attr-defined]
    return sorted(rows, key=lambda row: (not row.is_default, -row.pk))


def _orders_url(customer: Customer) -> str:
    try:
        return f"{reverse('order_list')}?view=all&q={customer.email or customer.name}"
    except NoReverseMatch:
        return ""


def _subscriptions(request: StaffRequest, customer: Customer) -> list[Any]:
    """The newest ones with the day of their next delivery, for those who may see them."""
    if not request.user.has_perm("subscriptions.view"):
        return []
    day = Min("deliveries__leaves_on", filter=Q(deliveries__is_next=True))
    rows = customer.subscriptions.select_related("version__plan").annotate(next_on=day)
    return list(rows.order_by("-pk")[:ORDERS_SHOWN])


def _money(orders: QuerySet[Any]) -> list[dict[str, Any]]:
    """Ordered, paid and owed per currency."""
    counted = orders.filter(status__in=("accepted", "closed")).order_by().values("currency")
    rows = counted.annotate(
        orders=Count("pk"), total=Sum("total"), paid=Sum("paid_total"), refunded=Sum("refunded_total")
    )
    return [{**row, "owes": row["total"] - row["paid"] + row["refunded"]} for row in rows.order_by("currency")]


def _consents(customer: Customer) -> list[dict[str, Any]]:
    newest = current_consents(customer)
    return [{"kind": kind, "label": label, "row": newest.get(kind)} for kind, label in ConsentKind.choices]


@require_POST
@staff_page("customers.edit")
def customer_block(request: StaffRequest, number: str) -> HttpResponse:
    """Hold new orders from now on."""
    customer = customer_of(number)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _page(request, customer, 422, reason_form=form, form=form)
    try:
        block_customer(customer=customer, reason=form.cleaned_data["reason"], by=request.user, now=timezone.now())
    except CustomerRefused as error:
        messages.error(request, str(error))
    else:
        undo = reverse("customer_unblock", args=[number])
        messages.success(request, _("Blocked. New orders are held."), extra_tags=undo)
    return redirect("customer_detail", number=number)


@require_POST
@staff_page("customers.edit")
def customer_unblock(request: StaffRequest, number: str) -> HttpResponse:
    """Take new orders again."""
    unblock_customer(customer=customer_of(number), by=request.user, now=timezone.now())
    messages.success(request, _("Unblocked. New orders are taken again."))
    return redirect("customer_detail", number=number)


@require_POST
@staff_page("customers.edit")
def customer_note(request: StaffRequest, number: str) -> HttpResponse:
    """Add a note to the timeline."""
    customer = customer_of(number)
    form = NoteForm(request.POST)
    if not form.is_valid():
        return _page(request, customer, 422, note_form=form, form=form)
    note_customer(customer=customer, text=form.cleaned_data["text"], by=request.user, now=timezone.now())
    messages.success(request, _("Note added."))
    return redirect("customer_detail", number=number)


@require_POST
@staff_page("customers.edit")
def customer_consent(request: StaffRequest, number: str) -> HttpResponse:
    """Write down that a consent was given or withdrawn on the phone; the toast takes it back."""
    customer = customer_of(number)
    form = ConsentForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choose a consent."))
        return redirect("customer_detail", number=number)
    data = form.cleaned_data
    set_consent(customer=customer, kind=data["kind"], is_granted=data["granted"], source=_("Staff"),
                by=request.user, now=timezone.now())  # fmt: skip
    words = ConsentKind(data["kind"]).label
    said = _("%(what)s: agreed.") if data["granted"] else _("%(what)s: no longer agreed.")
    messages.success(request, said % {"what": words})
    return redirect("customer_detail", number=number)
