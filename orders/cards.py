"""The saved card of a customer, when it can be charged."""

from orders.billing_states import MethodStatus
from orders.models import PaymentMethod
from orders.payments.registry import online_provider


def chargeable_card(customer_id: int) -> str:
    """In words ("Visa •••• 4242"); empty without a usable card or without a provider that charges it."""
    provider = online_provider()
    if provider is None:
        return ""
    rows = PaymentMethod.objects.filter(customer=customer_id, status=MethodStatus.ACTIVE, is_default=True)
    method = rows.filter(provider=provider.name).first()
    return str(method) if method else ""
