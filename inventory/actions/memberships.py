"""In which warehouses a person works."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_noop

from inventory.models import Membership, Warehouse
from ordermgmt.history import record
from ordermgmt.models import User


@transaction.atomic(durable=True)
def set_warehouses(person_id: int, codes: Collection[str], *, by: User, now: datetime) -> None:
    """Let a person work in exactly these warehouses."""
    # Closes the race of two people changing the same person.
    person = User.objects.select_for_update().get(pk=person_id)
    wanted = {warehouse.code: warehouse for warehouse in Warehouse.objects.filter(code__in=codes)}
    held = set(Membership.objects.filter(user=person).values_list("warehouse__code", flat=True))
    Membership.objects.filter(user=person).exclude(warehouse__code__in=wanted).delete()
    Membership.objects.bulk_create(
        Membership(user=person, warehouse=warehouse) for code, warehouse in wanted.items() if code not in held
    )
    if held != set(wanted):
        sentence, words = gettext_noop("{name} works in: {warehouses}"), ", ".join(sorted(wanted)) or "–"
        facts = {"name": person.name, "warehouses": words}
        record("set_warehouses", sentence, subject=f"person {person.pk}", by=by, now=now, **facts)
