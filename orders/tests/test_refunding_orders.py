"""P08b: money of an order goes back by support, within a limit alone, above it with an approval; once per form."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from inventory.factories import SkuFactory, WarehouseFactory, stock
from ordermgmt.factories import UserFactory
from ordermgmt.roles import Role
from orders.actions.billing_ahead import bill_ahead
from orders.actions.refunding import request_refund
from orders.billing_states import RefundStatus
from orders.factories import order
from orders.models import AccountEntry, CreditNote, Invoice, Order, Refund

pytestmark = pytest.mark.django_db


def paid_order(**facts: Any) -> Order:
    """Six units at 10 each, paid when it was placed, and billed."""
    sku = SkuFactory(code="OAT-1L", name="Oat drink 1 l")
    stock(sku, WarehouseFactory(), 20)
    made = order({sku: 6}, now=timezone.now(), **facts)
    with transaction.atomic():
        bill_ahead(made, due_at=timezone.now(), by="Test", now=timezone.now())
    return Order.objects.get(pk=made.pk)


@pytest.fixture
def support(client: Client) -> Client:
    client.force_login(UserFactory(role=Role.SUPPORT), backend="ordermgmt.access.RoleBackend")
    return client


def url(made: Order) -> str:
    return f"/orders/{made.number}/refund/"


def filled(client: Client, made: Order, **given: Any) -> dict[str, Any]:
    form = client.get(url(made)).context["form"]
    line = Invoice.objects.get(order=made).lines.order_by("position")[0]
    facts = {"key": form["key"].value(), "reason": "goodwill", "give_back": "refund", f"units_{line.pk}": 2}
    return facts | {name.replace("line", str(line.pk)): value for name, value in given.items()}


def test_a_part_within_the_limit_leaves_at_once(support: Client) -> None:
    made = paid_order()
    data = filled(support, made)
    review = support.post(url(made), data).content.decode()
    assert "Refund €20.00" in review
    assert "€40.00 stays paid" in review
    assert not CreditNote.objects.exists()
    for _turn in range(2):
        assert support.post(url(made), data | {"step": "do"}).status_code == 302
    note, refund = CreditNote.objects.get(), Refund.objects.get()
    assert (note.gross_total, refund.amount, refund.status) == (20, 20, RefundStatus.APPROVED)
    made.refresh_from_db()
    assert made.credited_total == 20


def test_above_the_limit_somebody_approves_and_splitting_does_not_help(support: Client) -> None:
    made = paid_order()
    data = filled(support, made)
    support.post(url(made), data | {"step": "do"})
    data = filled(support, made)
    support.post(url(made), data | {"step": "do"})
    data = filled(support, made)
    assert "Ask for approval of €20.00" in support.post(url(made), data).content.decode()
    support.post(url(made), data | {"step": "do"})
    assert list(Refund.objects.order_by("pk").values_list("status", flat=True)) == ["approved", "approved", "requested"]


def test_to_the_account_and_an_amount(support: Client) -> None:
    made = paid_order()
    line = Invoice.objects.get().lines.get()
    data = filled(support, made, give_back="account") | {f"units_{line.pk}": "", f"gross_{line.pk}": "5.50"}
    support.post(url(made), data | {"step": "do"})
    assert AccountEntry.objects.get().amount == Decimal("5.50")
    assert not Refund.objects.exists()


@pytest.mark.parametrize("given", [{"units_line": 9}, {"units_line": ""}, {"gross_line": "1.234", "units_line": ""}])
def test_what_cannot_be_is_said_and_nothing_happens(support: Client, given: dict[str, Any]) -> None:
    made = paid_order()
    answer = support.post(url(made), filled(support, made, **given) | {"step": "do"})
    assert answer.status_code == 422
    assert not CreditNote.objects.exists()


def test_another_currency_is_always_approved(support: Client) -> None:
    made = paid_order()
    Invoice.objects.update(currency="SEK")
    assert support.get(url(made)).context["limit"] == 0


def test_who_may_not_and_nothing_billed(client: Client, support: Client) -> None:
    made = order({SkuFactory(): 1})
    assert "Nothing to give back" in support.get(url(made)).content.decode()
    client.force_login(UserFactory(role=Role.OPERATOR), backend="ordermgmt.access.RoleBackend")
    assert client.get(url(made)).status_code == 403


def test_what_waits_for_approval_counts_towards_the_limit(support: Client) -> None:
    """As when two are sent at once: the one that is reckoned later sees both."""
    made = paid_order()
    payment = made.payments.get()
    request_refund(payment.pk, amount=Decimal(40), reason="Sent twice", by="Bo", now=timezone.now())
    support.post(url(made), filled(support, made) | {"step": "do"})
    assert set(Refund.objects.values_list("status", flat=True)) == {"requested"}


def test_an_unpaid_invoice_is_only_credited(support: Client) -> None:
    made = paid_order(is_paid=False)
    review = support.post(url(made), filled(support, made)).content.decode()
    assert "owes so much less" in review
    assert "Credit €20.00" in review
