"""The warehouses of a person, on the page of that person."""

from django.http import HttpRequest
from django.template.loader import render_to_string

from inventory.models import Warehouse
from ordermgmt.models import User
from ordermgmt.people import person_panel


@person_panel
def warehouses_of(request: HttpRequest, person: User) -> str:
    held = set(person.memberships.values_list("warehouse_id", flat=True))
    rows = [(warehouse, warehouse.pk in held) for warehouse in Warehouse.objects.order_by("priority", "code")]
    may_edit = request.user.is_authenticated and request.user.has_perm("people.edit")
    return render_to_string(
        "people/warehouses.html", {"person": person, "rows": rows, "may_edit": may_edit}, request=request
    )
