"""What customers agreed to: a new row each time, the newest counts."""

from datetime import datetime

from django.db import transaction

from customers.models import Consent, ConsentKind, Customer
from ordermgmt.history import record
from ordermgmt.models import User


def current_consents(customer: Customer) -> dict[str, Consent]:
    """The newest row of each kind (from prefetched consents where the page prefetches them)."""
    newest: dict[str, Consent] = {}
    for consent in sorted(customer.consents.all(), key=lambda row: (row.at, row.pk)):
        newest[consent.kind] = consent
    return newest


@transaction.atomic(durable=True)
def set_consent(
    *, customer: Customer, kind: str, is_granted: bool, source: str, by: User | str, now: datetime
) -> Consent | None:
    """Write that a consent was given or withdrawn; None when nothing changes."""
    # Closes the race of the same tick sent twice.
    Customer.objects.select_for_update(of=("self",)).get(pk=customer.pk)
    newest = Consent.objects.filter(customer=customer, kind=kind).order_by("-at", "-pk").first()
    if (newest.is_granted if newest else False) == is_granted:
        return None
    consent = Consent.objects.create(
        customer=customer, kind=ConsentKind(kind), is_granted=is_granted, source=source[:80], at=now
    )
    sentence = "Agreed to {what} ({source})" if is_granted else "No longer agrees to {what} ({source})"
    record("set_consent", sentence, subject=customer.number, by=by, now=now,
           what=str(ConsentKind(kind).label).lower(), source=source)  # fmt: skip
    return consent
