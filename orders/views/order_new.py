"""P09: a new order by phone. Every step posts the whole form and shows it again; nothing typed is lost."""

import secrets
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from customers.actions.addresses import AddressRefused
from customers.actions.customers import CustomerRefused
from customers.addressing import check_address
from customers.models import Customer
from inventory.actions.reserving import reserved_until
from ordermgmt.access import StaffRequest, staff_page
from ordermgmt.templatetags.portal import weekday_words
from orders.actions.phone_orders import (
    Entered,
    NotADraft,
    PlacedAlready,
    discard_draft,
    place_phone_order,
    save_draft,
)
from orders.actions.placing import DraftRefused
from orders.composing import Problem
from orders.in_work import MOST_UNITS, Work, from_json, from_sent, split_units
from orders.models import Order, OrderInWork
from orders.states import OrderStatus
from orders.views.new_order_desk import (
    Desk,
    customers_like,
    items_like,
    newcomer,
    repeated,
    started_from,
)

TOKEN_BYTES = 24
LONGEST_TOKEN = 64
LONGEST_WORDS = 100
Step = Callable[[StaffRequest, Desk, str], HttpResponse | None]


@staff_page("orders.create")
def order_new(request: StaffRequest) -> HttpResponse:
    """The form: shown, one step further, saved or placed."""
    if request.method != "POST":
        return _show(request, _opened(request))
    work = from_sent(request.POST)
    # A form names itself by what it was given; anything longer was made up.
    work = work if 0 < len(work.token) <= LONGEST_TOKEN else replace(work, token=_token())
    desk = Desk(
        work,
        timezone.now(),
        sought=_words(request.POST.get("q", "")),
        typed=_words(request.POST.get("item_q", "")),
    )
    name, _colon, what = request.POST.get("do", "").partition(":")
    step = STEPS.get(name)
    answer = step(request, desk, what) if step else None
    if answer is None:
        desk.keep_back()
    return answer or _show(request, desk)


def _token() -> str:
    return secrets.token_urlsafe(TOKEN_BYTES)


def _words(typed: Any) -> str:
    return str(typed).replace("\x00", "")[:LONGEST_WORDS]


def _show(request: HttpRequest, desk: Desk) -> HttpResponse:
    """The whole page, or the form alone for htmx."""
    template = "orders/new/form.html" if request.headers.get("HX-Request") else "orders/new/page.html"
    return render(request, template, desk.context(), status=422 if desk.problems else 200)


def _go(request: HttpRequest, address: str) -> HttpResponse:
    if request.headers.get("HX-Request"):
        return HttpResponse(headers={"HX-Redirect": address})
    return redirect(address)


# -- how the form is opened


def _opened(request: StaffRequest) -> Desk:
    """Empty, or with a draft, an order to repeat, a customer or a phone number that calls."""
    asked = request.GET
    if number := asked.get("draft"):
        kept = get_object_or_404(OrderInWork, order__number=number, order__status=OrderStatus.DRAFT)
        return Desk(replace(from_json(kept.state), token=kept.token), timezone.now(), focus="item_q")
    desk = Desk(Work(token=_token()), timezone.now(), focus="q")
    if number := asked.get("repeat"):
        _repeat(request, desk, number)
    elif number := asked.get("customer"):
        _choose(request, desk, number)
    elif words := _words(asked.get("phone", "")):
        desk.sought = words
        _find(request, desk, "")
    return desk


# -- steps


def _fresh(desk: Desk, work: Work) -> None:
    """Forget what was worked out from the words before."""
    for name in ("customer", "repeats", "addresses", "caller", "last_orders", "saved", "currency", "warehouse_ids", "offered",
                 "draft", "preview"):  # fmt: skip
        desk.__dict__.pop(name, None)
    desk.work = work


def _next(request: StaffRequest, desk: Desk, what: str) -> None:
    """Enter in a field: what is in a search field is looked for; otherwise the sums are worked out anew."""
    if desk.typed.strip():
        _look_up(request, desk, what)
    elif desk.sought.strip() and not desk.work.customer:
        _find(request, desk, what)


def _find(request: StaffRequest, desk: Desk, what: str) -> None:
    """One customer found is chosen; of several the person chooses."""
    found = customers_like(desk.sought)
    if len(found) == 1:
        _choose(request, desk, found[0].number)
        return
    desk.found_customers, desk.focus = found, "found-customers" if found else "q"
    if not found:
        words = _("No customer matches “%(words)s”. Try the phone number, or add a new customer")
        desk.problems = [Problem("q", words % {"words": desk.sought})]


def _choose(request: StaffRequest, desk: Desk, number: str) -> None:
    customer = Customer.objects.filter(number=number).first()
    if customer is None:
        desk.problems = [Problem("q", _("There is no customer %(number)s") % {"number": number[:20]})]
        return
    _fresh(desk, started_from(desk.work, customer))
    desk.sought = ""
    desk.focus = "repeat" if desk.last_orders and not desk.work.items else "item_q"


def _forget(request: StaffRequest, desk: Desk, what: str) -> None:
    """Another customer; the items stay."""
    _fresh(desk, replace(desk.work, customer="", is_new="", address="", repeats=""))
    desk.focus = "q"


def _newcomer(request: StaffRequest, desk: Desk, what: str) -> None:
    _fresh(desk, newcomer(desk.work, desk.sought))
    desk.sought, desk.focus = "", "caller_name"


def _repeat(request: StaffRequest, desk: Desk, number: str) -> None:
    order = Order.objects.select_related("customer").filter(number=number).first()
    if order is None:
        desk.problems = [Problem("q", _("There is no order %(number)s to repeat") % {"number": number[:20]})]
        return
    work = started_from(desk.work, order.customer) if order.customer else desk.work
    _fresh(desk, repeated(work, order))
    for code in desk.cannot_repeat(order):
        _fresh(desk, desk.work.without_item(code))
    desk.focus = "item_q"


def _look_up(request: StaffRequest, desk: Desk, what: str) -> None:
    """Add what is meant; of several items the person chooses."""
    _units, words = split_units(desk.typed)
    found = items_like(desk, words)
    desk.focus = "item_q"
    if len(found) == 1:
        _add(request, desk, f"{found[0][0].code}:{found[0][1]}")
    elif found:
        desk.found_items, desk.focus = found, "found-items"
    else:
        words_said = _("We do not know the item “%(words)s”. Type its code, scan it, or try a part of its name")
        desk.problems = [Problem("item_q", words_said % {"words": words})]


def _add(request: StaffRequest, desk: Desk, what: str) -> None:
    """`what` is a code, with the units of one after a colon; how many of them stands before the words typed."""
    code, _colon, each = what.rpartition(":") if ":" in what else (what, "", "1")
    count = split_units(desk.typed)[0] * (int(each) if each.isdecimal() and len(each) < 5 else 1)
    _fresh(desk, desk.work.with_item(code, min(count, MOST_UNITS)))
    desk.typed, desk.focus = "", "item_q"


def _remove(request: StaffRequest, desk: Desk, code: str) -> None:
    _fresh(desk, desk.work.without_item(code))
    desk.focus = "item_q"


def _entered(desk: Desk) -> Entered:
    """What the verbs are given; a new address and a new customer are written down with the order."""
    work, is_new = desk.work, desk.customer is None
    tidy, faults = check_address(work.postal)
    name = tidy.get("name") or (desk.caller.name if desk.caller else "")
    address = {**tidy, "name": name} if desk.saved is None and not faults else None
    facts = {"name": work.caller_name, "phone": work.caller_phone, "email": work.caller_email}
    return Entered(
        token=work.token,
        state=work.as_json(),
        draft=desk.draft,
        pay=work.pay,
        newcomer=facts if is_new else None,
        new_address=address,
    )


def _place(request: StaffRequest, desk: Desk, what: str) -> HttpResponse | None:
    """Place it, once for this form."""
    if placed := OrderInWork.objects.filter(token=desk.work.token, placed_at__isnull=False).first():
        return _placed_already(request, placed.number)
    desk.problems = desk.check()
    if desk.problems:
        return None
    try:
        order = place_phone_order(_entered(desk), by=request.user, now=desk.now)
    except PlacedAlready as known:
        return _placed_already(request, known.order.number)
    except DraftRefused as refused:
        desk.problems = [Problem("item_q", finding.message) for finding in refused.findings]
    except CustomerRefused as refused:
        desk.problems = [Problem(f"caller_{refused.field}", str(refused))]
    except AddressRefused as refused:
        desk.problems = [Problem(f"to_{fault.field}", fault.sentence) for fault in refused.faults]
    else:
        messages.success(request, _placed_words(order))
        return _go(request, reverse("order_detail", args=[order.number]))
    return None


def _placed_words(order: Order) -> str:
    facts = {"number": order.number, "day": weekday_words(order.promised_delivery_on)}
    if facts["day"]:
        return _("Placed %(number)s. It should arrive %(day)s.") % facts
    return _("Placed %(number)s.") % facts


def _placed_already(request: StaffRequest, number: str) -> HttpResponse:
    messages.info(request, _("This was placed already as %(number)s.") % {"number": number})
    return _go(request, reverse("order_detail", args=[number]))


def _save(request: StaffRequest, desk: Desk, what: str) -> HttpResponse | None:
    if desk.work.is_empty:
        desk.problems = [Problem("q", _("There is nothing to save yet. Find a customer or add an item"))]
        return None
    try:
        order = save_draft(_entered(desk), by=request.user, now=desk.now)
    except PlacedAlready as known:
        return _placed_already(request, known.order.number)
    messages.success(request, _("Draft %(number)s saved.") % {"number": order.number})
    return _go(request, f"{reverse('order_new')}?draft={order.number}")


def _discard(request: StaffRequest, desk: Desk, what: str) -> HttpResponse | None:
    kept = OrderInWork.objects.filter(token=desk.work.token).first()
    if kept is not None and kept.order_id:
        try:
            discard_draft(kept.order_id, by=request.user, now=desk.now)
        except NotADraft as problem:
            messages.warning(request, str(problem))
            return _go(request, reverse("order_detail", args=[kept.number]))
        undo = reverse("order_restore", args=[kept.token])
        messages.success(request, _("Draft %(number)s discarded.") % {"number": kept.number}, extra_tags=undo)
    return _go(request, f"{reverse('order_list')}?view=draft")


STEPS: dict[str, Step] = {
    "next": _next,
    "find": _find,
    "customer": _choose,
    "forget": _forget,
    "newcomer": _newcomer,
    "repeat": _repeat,
    "add": _add,
    "remove": _remove,
    "place": _place,
    "save": _save,
    "discard": _discard,
}


@staff_page("orders.create")
@require_POST
def order_restore(request: StaffRequest, token: str) -> HttpResponse:
    """Undo of discarding a draft."""
    kept = get_object_or_404(OrderInWork, token=token, placed_at=None)
    desk = Desk(replace(from_json(kept.state), token=token), timezone.now())
    try:
        order = save_draft(_entered(desk), by=request.user, now=desk.now)
    except PlacedAlready as known:
        return _placed_already(request, known.order.number)
    messages.success(request, _("Draft %(number)s is back.") % {"number": order.number})
    return redirect(f"{reverse('order_new')}?draft={order.number}")


@staff_page("orders.create")
@require_safe
def order_new_promised(request: StaffRequest) -> HttpResponse:
    """Until when the units of a form are promised, asked for when that should be over."""
    until = reserved_until(_words(request.GET.get("token", "")))
    now = timezone.now()
    is_over = not until or until <= now
    facts = {"kept_until": None if is_over else until, "is_over": is_over, "now": now}
    return render(request, "orders/new/promised.html", {**facts, "token": request.GET.get("token", "")})


@staff_page("orders.create")
@require_safe
def order_new_customers(request: StaffRequest) -> HttpResponse:
    """Rows under the customer field."""
    words = _words(request.GET.get("q", ""))
    found = customers_like(words) if len(words.strip()) > 1 else []
    return render(
        request, "orders/new/customer_rows.html", {"found_customers": found, "sought": words, "is_list": True}
    )


@staff_page("orders.create")
@require_safe
def order_new_items(request: StaffRequest) -> HttpResponse:
    """Rows under the item field, priced for the customer named in the address."""
    units, words = split_units(_words(request.GET.get("q", "")))
    work = from_sent(request.GET)
    found = items_like(Desk(work, timezone.now()), words) if len(words) > 1 else []
    context = {"found_items": found, "words": words, "units": units, "is_list": True}
    return render(request, "orders/new/item_rows.html", context)
