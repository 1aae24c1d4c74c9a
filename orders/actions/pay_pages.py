"""A customer pays on the provider's page, or leaves a new card there (P42). Never two attempts at once."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from ordermgmt.installation import why_not_live
from ordermgmt.retrying import retries_conflicts
from orders.actions.charge_planning import drop_planned, live_charge, plan_charge
from orders.actions.charge_work import close_page
from orders.actions.charging import ASK_AGAIN
from orders.actions.taking_money import lock_invoice
from orders.billing_states import ChargeStatus
from orders.models import Charge, PayLink, PaymentMethod
from orders.payments.protocol import PageWish, Provider
from orders.payments.registry import online_provider

BY = "customer"
# What stands for the address of the page until the provider has named it.
OPENING = "opening"


class NothingToPay(Exception):
    """The invoice is settled."""

    def __init__(self) -> None:
        super().__init__(_("This is paid already. Thank you."))


class AttemptUnderWay(Exception):
    """A charge has left and its answer is not known: paying now could take the money twice."""

    def __init__(self) -> None:
        super().__init__(_("We are asking your bank about an earlier attempt. Please look again in some minutes."))


class NoCards(Exception):
    """No provider is set up: bank transfer only."""

    def __init__(self) -> None:
        super().__init__(_("Cards cannot be used at the moment. Please pay by bank transfer."))


def open_pay_page(link: PayLink, *, now: datetime) -> str:
    """The address where the customer pays what is owed. A planned attempt makes way; the same page is opened again
    while it is open, one over another amount is closed first.

    Raises NothingToPay, AttemptUnderWay, NoCards, ProviderRefused.
    """
    provider = _provider()
    if link.invoice_id is None:
        raise NothingToPay
    charge = _begin(link.invoice_id, provider.name, now=now)
    if charge.page_url != OPENING and charge.amount != charge.invoice.balance:
        close_page(charge, provider, by=BY, now=now)
        charge = _begin(link.invoice_id, provider.name, now=now)
    if charge.page_url == OPENING:
        page = provider.page(_wish(link, charge))
        Charge.objects.filter(pk=charge.pk, page_url=OPENING).update(
            page_url=page.url, provider_reference=page.reference
        )
        return page.url
    return charge.page_url


def _provider() -> Provider:
    """Who takes cards; nobody on a copied database, where the money would be written down in the wrong place."""
    provider = online_provider()
    if provider is None or why_not_live():
        raise NoCards
    return provider


@retries_conflicts
@transaction.atomic(durable=True)
def _begin(invoice_id: int, provider: str, *, now: datetime) -> Charge:
    """The attempt of the page, written down before the provider is called."""
    invoice = lock_invoice(invoice_id)
    if invoice.balance <= 0:
        raise NothingToPay
    dropped = drop_planned(invoice, now=now)
    live = live_charge(invoice)
    if live is not None:
        if not live.page_url:
            raise AttemptUnderWay
        live.invoice = invoice
        return live
    resume_at = dropped.resume_at if dropped else None
    charge = plan_charge(invoice, due_at=now + ASK_AGAIN, by=BY, now=now, page_url=OPENING, resume_at=resume_at)
    if charge is None:
        raise NothingToPay
    charge.move_to(ChargeStatus.SENT, now=now, method=None, provider=provider)
    return charge


def _wish(link: PayLink, charge: Charge) -> PageWish:
    return PageWish(
        key=charge.idempotency_key,
        amount=charge.amount,
        currency=charge.currency,
        words=charge.invoice.number,
        facts={"invoice": charge.invoice.number},
        **_person(link, charge.provider),
    )


def open_card_page(link: PayLink, *, now: datetime) -> str:
    """The address where the customer leaves a new card. Raises NoCards, ProviderRefused."""
    provider = _provider()
    # One page a minute: a form sent twice opens the same one.
    key = f"card:{link.pk}:{now:%Y%m%d%H%M}"
    currency = link.invoice.currency if link.invoice else "EUR"
    return provider.page(
        PageWish(key=key, amount=None, currency=currency, words="", **_person(link, provider.name))
    ).url


def _person(link: PayLink, provider: str) -> dict[str, Any]:
    customer = link.customer
    known = PaymentMethod.objects.filter(customer=customer, provider=provider).exclude(provider_customer="")
    address = f"{settings.BASE_URL}/p/{link.token}/"
    return {
        "customer_number": customer.number,
        "customer": known.order_by("-pk").values_list("provider_customer", flat=True).first() or "",
        "email": customer.email,
        "done_url": f"{address}?done=1",
        "back_url": address,
        "language": "en-GB" if customer.language.startswith("en") else customer.language[:2],
    }
