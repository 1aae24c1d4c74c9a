"""The page of the demo card network: what a provider's own page is in a real shop."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from ordermgmt.access import customer_page
from orders.actions.provider_events import keep_event
from orders.payments.declines import decline_words
from orders.payments.demo import CARDS, Card, Demo, is_chosen, told
from orders.payments.demo_network import OPEN, PageRow
from orders.payments.protocol import ProviderRefused

DOES = {
    "visa": gettext_lazy("says yes"),
    "master": gettext_lazy("says yes"),
    "poor": gettext_lazy("has no money now"),
    "broke": gettext_lazy("never has money"),
    "expired": gettext_lazy("has expired"),
    "stolen": gettext_lazy("was reported stolen"),
    "confirm": gettext_lazy("asks you to confirm, then says yes"),
}


@customer_page
@require_http_methods(["GET", "HEAD", "POST"])
def demo_card_page(request: HttpRequest, reference: str) -> HttpResponse:
    """Choose one of the network's cards; it says yes and leads back, or no and why."""
    network = Demo()
    page = network.network.page(reference) if is_chosen() else None
    if page is None:
        raise Http404
    if page.state != OPEN or request.method != "POST":
        return _answer(request, page)
    if "leave" in request.POST:
        return redirect(page.wish["back_url"])
    try:
        code = network.use_card(reference, request.POST.get("card", ""))
    except ProviderRefused:
        return _answer(request, page, _("Choose a card."), 422)
    if code:
        problem = _("This card was declined: %(why)s. Choose another one.") % {"why": decline_words(code)}
        return _answer(request, page, problem, 422)
    _tell(network, reference)
    return redirect(page.wish["done_url"])


def _tell(network: Demo, reference: str) -> None:
    """As a provider's webhook would."""
    done = network.network.page(reference)
    if done is not None:
        keep_event(network.name, told(done), now=timezone.now())


def _answer(request: HttpRequest, page: PageRow, problem: str = "", status: int = 200) -> HttpResponse:
    cards: list[tuple[str, Card, Any]] = [(kind, card, DOES[kind]) for kind, card in CARDS.items()]
    context = {"row": page, "is_open": page.state == OPEN, "cards": cards, "problem": problem}
    return render(request, "customer/demo_cards.html", context, status=status)
