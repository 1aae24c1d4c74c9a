"""Changes of a subscription that need a choice: day, pause, how often, what is in it."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.forms import DateField, Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from ordermgmt.access import customer_page
from orders.actions.contents import AddExtra, SetUnits, Swap
from orders.actions.deliveries import AddOnce, Move, MoveAllAfter
from orders.actions.pausing import Pause
from orders.actions.rhythm import ChangeFrequency
from orders.actions.subscription_changes import Change
from orders.models import SubscriptionLink
from orders.standing import Standing, load_standing
from orders.subscriber_choices import Contents, cadences, contents_for, days_for, look, pauses
from orders.subscriber_forms import ALL, EACH, AddForm, DayForm, OftenForm, PauseForm, SwapForm, UnitsForm
from orders.subscription_words import every
from orders.views.subscriber import by_link, frame, make, page_url

METHODS = ["GET", "HEAD", "POST"]


def _page(
    request: HttpRequest, link: SubscriptionLink, name: str, st: Standing, context: dict[str, Any], *, bad: bool
) -> HttpResponse:
    return render(request, f"customer/plan_{name}.html", frame(link, st) | context, status=422 if bad else 200)


def _posted(request: HttpRequest) -> Any:
    return request.POST if request.method == "POST" else None


@customer_page
@require_http_methods(METHODS)
@by_link
def subscriber_date(request: HttpRequest, link: SubscriptionLink, number: int) -> HttpResponse:
    """Days around that of a delivery."""
    now = timezone.now()
    st = load_standing(link.subscription, now=now)
    delivery = st.at(number)
    if not st.is_active or delivery is None or delivery not in st.scheduled or not delivery.is_open:
        return redirect(page_url(link))
    form = DayForm(_posted(request), days=days_for(look(link.subscription, now=now), number))
    if not form.is_valid():
        return _page(request, link, "date", st, {"form": form, "delivery": delivery}, bad=form.is_bound)
    kind = MoveAllAfter if form.cleaned_data["which"] == ALL else Move
    return make(request, link, kind(to=_day(form), number=number))


def _day(form: Form) -> Any:
    return DateField().clean(form.cleaned_data["day"])


@customer_page
@require_http_methods(METHODS)
@by_link
def subscriber_pause(request: HttpRequest, link: SubscriptionLink) -> HttpResponse:
    now = timezone.now()
    st = load_standing(link.subscription, now=now)
    if not st.is_active or st.next is None:
        return redirect(page_url(link))
    work = look(link.subscription, now=now)
    last = work.today + timedelta(days=link.subscription.version.most_pause_days)
    form = PauseForm(_posted(request), pauses=pauses(work), first=st.next.leaves_on, last=last)
    if not form.is_valid():
        return _page(request, link, "pause", st, {"form": form}, bad=form.is_bound)
    return make(request, link, Pause(until=form.cleaned_data["until"]))


@customer_page
@require_http_methods(METHODS)
@by_link
def subscriber_often(request: HttpRequest, link: SubscriptionLink) -> HttpResponse:
    now = timezone.now()
    st = load_standing(link.subscription, now=now)
    if not st.is_active or st.next is None:
        return redirect(page_url(link))
    offered = cadences(look(link.subscription, now=now))
    words = [every(cadence.interval) for cadence in offered]
    form = OftenForm(_posted(request), cadences=offered, words=words)
    if not form.is_valid():
        return _page(request, link, "often", st, {"form": form}, bad=form.is_bound)
    number, unit = form.cleaned_data["every"].split()
    return make(request, link, ChangeFrequency(int(number), unit))


@customer_page
@require_http_methods(METHODS)
@by_link
def subscriber_contents(request: HttpRequest, link: SubscriptionLink) -> HttpResponse:
    """Swap, units of extras, something more; one form each, so that each is one change."""
    st = load_standing(link.subscription, now=timezone.now())
    if not st.is_active or st.next is None:
        return redirect(page_url(link))
    contents, asked = contents_for(link.subscription), request.POST.get("what", "")
    forms = _forms(link, contents, {asked: request.POST})
    form = forms.get(asked)
    if request.method == "POST" and form is None:
        raise Http404(asked)
    if form is not None and form.is_valid():
        return make(request, link, _wanted(asked, form.cleaned_data, st))
    shown: dict[str, Any] = {"contents": contents, "add": forms["add"]}
    for group in ("swap", "units"):
        shown[group] = {what: form for what, form in forms.items() if what.startswith(group)}
    return _page(request, link, "contents", st, shown, bad=form is not None)


def _forms(link: SubscriptionLink, contents: Contents, posted: Mapping[str, Any]) -> dict[str, Form]:
    """A form for each thing that can change, by its name; that which was sent is filled."""
    s = link.subscription
    found: dict[str, Form] = {}
    for slot in contents.box:
        what = f"swap{slot.line.position}"
        if slot.offers:
            found[what] = SwapForm(posted.get(what), slot=slot, currency=s.currency)
    for line in contents.extras:
        what = f"units{line.position}"
        found[what] = UnitsForm(posted.get(what), position=line.position, label=line.sku.name, units=line.quantity)
    found["add"] = AddForm(posted.get("add"), contents=contents, currency=s.currency)
    return found


def _wanted(asked: str, given: Mapping[str, Any], st: Standing) -> Change:
    if asked.startswith("swap"):
        return Swap(int(asked.removeprefix("swap")), int(given["sku"]))
    if asked.startswith("units"):
        return SetUnits(int(asked.removeprefix("units")), int(given["units"]))
    if given["how"] == EACH:
        return AddExtra(int(given["sku"]), int(given["units"]))
    return AddOnce(int(given["sku"]), int(given["units"]), number=st.first_open.number if st.first_open else None)
