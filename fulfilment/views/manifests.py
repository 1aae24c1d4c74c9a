"""The hand-over to a carrier's truck: what is loaded, what stays and why, and the list the driver signs."""

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from fulfilment.actions.dispatching import HandOver, dispatch_many
from fulfilment.manifests import MOST, manifests
from fulfilment.models import Shipment
from fulfilment.states import ShipmentStatus
from fulfilment.views.places import here, my_warehouses
from inventory.models import Warehouse
from ordermgmt.access import StaffRequest, staff_page
from ordermgmt.clock import business_day


@staff_page("fulfilment.dispatch")
@require_http_methods(["GET", "POST"])
def manifest(request: StaffRequest) -> HttpResponse:
    """What waits for each carrier and what left today; the chosen parcels are handed over."""
    warehouse, now = here(request), timezone.now()
    if request.method == "POST" and warehouse:
        result = dispatch_many(_chosen(request, warehouse).values_list("pk", flat=True), by=request.user, now=now)
        _say(request, result)
        return redirect("shipment_manifest")
    day = business_day(now, warehouse.time_zone) if warehouse else None
    context = {
        "page": "shipment-manifest",
        "page_title": _("Hand-over"),
        "warehouse": warehouse,
        "warehouses": my_warehouses(request),
        "day": day,
        "manifests": manifests(warehouse, day=day) if warehouse and day else [],
    }
    return render(request, "shipments/manifest.html", context)


def _chosen(request: StaffRequest, warehouse: Warehouse) -> QuerySet[Shipment]:
    numbers = request.POST.getlist("parcel")[:MOST]
    return Shipment.objects.filter(number__in=numbers, warehouse=warehouse, status=ShipmentStatus.PACKED)


def _say(request: StaffRequest, result: HandOver) -> None:
    count = len(result.dispatched)
    if count:
        words = ngettext("%(n)d parcel handed over. Print the list", "%(n)d parcels handed over. Print the list", count)
        messages.success(request, words % {"n": count})
    for number, reason in result.refused.items():
        messages.warning(request, f"{number}: {reason}")
    if not count and not result.refused:
        messages.info(request, _("Choose the parcels that are on the truck"))
