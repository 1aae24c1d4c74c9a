"""Erasing a person: what identifies them is written over everywhere; numbers, sums and the books stay."""

from datetime import datetime

from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from customers.actions.customers import lock_customer, rise
from customers.actions.people import person_of
from customers.models import Customer, ExportState, PersonalExport
from customers.privacy import Holding, Person, holdings, lock_all, obstacles_of
from customers.states import CustomerStatus
from ordermgmt.history import record
from ordermgmt.models import User


class CannotErase(Exception):
    """Something must be finished first; `obstacles` are sentences."""

    def __init__(self, obstacles: list[str]) -> None:
        super().__init__(" ".join(obstacles))
        self.obstacles = obstacles


@transaction.atomic(durable=True)
def erase_customer(*, customer: Customer, by: User | str, now: datetime) -> Customer:
    """Replace everything personal of a customer and of the records merged into them. It cannot be undone.

    Refused while something is open or owed. History keeps who of us did what and when, without what it said about
    the person; invoices and payments stay whole, because the law wants them (GDPR 17(3)(b)). Raises CannotErase.
    """
    # Lock order: subscriptions, orders, invoices (by the apps that have them), then the customer.
    lock_all(person_of(customer))
    customer = lock_customer(customer.pk)
    person = person_of(customer)
    _refuse(customer, person)
    _delete_copies(person)
    for one in holdings():
        _erase(one, person, now)
    customer.refresh_from_db()
    customer.addresses.filter(replaced_at=None).update(replaced_at=now, is_default=False)
    customer.move_to(CustomerStatus.ERASED, now=now)
    rise(customer)
    record("erase_customer", gettext_noop("Personal data erased"), subject=customer.number, by=by, now=now)
    return customer


def _refuse(customer: Customer, person: Person) -> None:
    if customer.status == CustomerStatus.ERASED:
        raise CannotErase([_("%(number)s is erased already.") % {"number": customer.number}])
    if customer.status == CustomerStatus.MERGED:
        facts = {"number": customer.number, "other": getattr(customer.merged_into, "number", "")}
        raise CannotErase([_("%(number)s is part of %(other)s. Erase that one.") % facts])
    if obstacles := obstacles_of(person):
        raise CannotErase(obstacles)


def _erase(one: Holding, person: Person, now: datetime) -> None:
    """Rows are found anew by id: what is written over may be what they were found by."""
    rows = one.find(person)
    keys = list(rows.order_by("pk").values_list("pk", flat=True))
    if not keys:
        return
    for start in range(0, len(keys), 500):
        part = one.model._default_manager.filter(pk__in=keys[start : start + 500])
        if one.after is not None:
            one.after(part, now)
        if one.is_deleted:
            part.delete()
        elif one.replaced:
            part.update(**one.replaced)


def _delete_copies(person: Person) -> None:
    """Copies of what we hold are what we hold; one that is being made now loses its lease, so that it is not kept."""
    for row in PersonalExport.objects.filter(customer__in=person.pks).exclude(file=""):
        default_storage.delete(row.file)
    rows = PersonalExport.objects.filter(customer__in=person.pks)
    rows.update(state=ExportState.ENDED, file="", due_at=None, lease_until=None, fence=F("fence") + 1)
