"""Who a customer is as a person: the record, and those that were merged into it."""

from customers.models import Customer
from customers.privacy import Person


def person_of(customer: Customer) -> Person:
    """Inside the caller's transaction where it erases: the customer and every record merged into them."""
    rows = [customer, *Customer.objects.filter(merged_into=customer).order_by("pk")]
    emails = sorted({row.email for row in rows if row.email})
    return Person([row.pk for row in rows], [row.number for row in rows], emails)
