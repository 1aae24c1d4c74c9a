"""The switch that lets ready orders go to the floor by themselves."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from fulfilment.actions.auto_release import set_auto_release
from fulfilment.forms import AutoReleaseForm
from fulfilment.views.places import person
from inventory.models import Warehouse
from ordermgmt.access import staff_page


@require_POST
@staff_page("fulfilment.release")
def auto_release(request: HttpRequest, code: str) -> HttpResponse:
    """Only for warehouses the person works in."""
    warehouse = get_object_or_404(Warehouse.objects.for_user(person(request)), code=code)
    form = AutoReleaseForm(request.POST)
    if not form.is_valid():
        messages.error(request, " ".join(str(error) for errors in form.errors.values() for error in errors))
    else:
        rule = set_auto_release(warehouse, **form.cleaned_data, by=person(request), now=timezone.now())
        on, off = _("Ready orders are released by themselves now."), _("Ready orders are released by hand now.")
        messages.success(request, on if rule.is_on else off)
    return redirect(f"{reverse('wave_list')}?warehouse={warehouse.code}")
