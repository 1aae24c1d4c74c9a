"""The next release: what it would be, what is left out and why, and doing it (P19)."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from fulfilment.actions.planning import MOST_NAMED, Choice, Plan, plan_waves
from fulfilment.actions.waves import NothingToRelease, release_waves
from fulfilment.forms import WaveForm
from fulfilment.models import Wave
from fulfilment.views.places import here_or_busiest, my_warehouses, person
from inventory.models import Warehouse
from ordermgmt.access import staff_page


@require_http_methods(["GET", "POST"])
@staff_page("fulfilment.release")
def wave_new(request: HttpRequest) -> HttpResponse:
    """Preview and release waves; what is left out is named with its reason."""
    warehouse = here_or_busiest(request)
    if warehouse is None:
        return redirect("wave_list")
    form = WaveForm(request.POST or _asked(request, warehouse), warehouses=my_warehouses(request), here=warehouse)
    if request.method == "POST" and form.is_valid():
        try:
            waves = release_waves(form.warehouse, form.choice, by=person(request), now=timezone.now())
        except NothingToRelease:
            messages.info(request, _("Nothing is ready for this kind of wave any more"))
        else:
            return _released(request, waves)
    if form.is_valid():
        warehouse = form.warehouse
    plan = plan_waves(warehouse, form.choice if form.is_valid() else Choice())
    return render(request, "fulfilment/wave_new.html", _context(warehouse, form, plan))


def _asked(request: HttpRequest, warehouse: Warehouse) -> dict[str, Any]:
    """What the address asks for; what it does not say is as usual."""
    usual = {name: field.initial for name, field in WaveForm.base_fields.items() if field.initial is not None}
    return usual | request.GET.dict() | {"warehouse": warehouse.code}


def _released(request: HttpRequest, waves: Sequence[Wave]) -> HttpResponse:
    text = ngettext("Released %(waves)s", "Released %(waves)s", len(waves))
    messages.success(request, text % {"waves": ", ".join(wave.number for wave in waves)})
    return redirect("wave", waves[0].number) if len(waves) == 1 else redirect("wave_list")


def _context(warehouse: Warehouse, form: WaveForm, plan: Plan) -> dict[str, Any]:
    return {
        "page_title": _("New wave"),
        "page": "wave-new",
        "warehouse": warehouse,
        "form": form,
        "plan": plan,
        "reasons": _reasons(plan),
    }


_REASON_WORDS: dict[str, Callable[[], str]] = {
    "held": lambda: _("On hold"),
    "short": lambda: _("Wait for stock"),
    "expiry": lambda: _("Expire too early"),
    "count": lambda: _("A place must be counted"),
    "place": lambda: _("Not on a shelf to pick from"),
}


def _reasons(plan: Plan) -> list[dict[str, Any]]:
    """Counts by reason, each with its most urgent orders."""
    return [
        {
            "words": _REASON_WORDS[code](),
            "count": count,
            "orders": [one for one in plan.excluded if one.code == code][:MOST_NAMED],
        }
        for code, count in Counter(plan.left_out).most_common()
        if count
    ]
