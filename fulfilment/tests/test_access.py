"""Every page, every role: nobody sees or does what is not theirs, and nothing answers with an error."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.converters import IntConverter

from customers.models import Customer
from fulfilment.models import Shipment, Wave
from inventory.models import Sku, Warehouse
from ordermgmt.factories import UserFactory
from ordermgmt.models import User
from ordermgmt.roles import Role
from orders.factories import (
    BulkChangeFactory,
    CreditNoteFactory,
    DunningFactory,
    PayLinkFactory,
    PayoutFactory,
    PriceChangeFactory,
    PromotionFactory,
    RefundFactory,
)
from orders.models import Invoice, Order, OrderLink, Payment
from orders.states import PaymentKind
from orders.tests.subscribed import subscribe

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
OURS = {"ordermgmt", "customers", "inventory", "orders", "fulfilment"}


def pages(resolver: URLResolver | None = None, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Route and pattern of every page of ours (not the admin zone, not the sign-in pages)."""
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLResolver):
            yield from pages(entry, prefix + str(entry.pattern))
        elif _module(entry).split(".")[0] in OURS:
            yield prefix + str(entry.pattern), entry


def _module(pattern: URLPattern) -> str:
    callback: Any = pattern.callback
    return str(getattr(callback, "cls", callback).__module__)


class Examples:
    """A real value for each parameter of a route, by the first words of the route."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {
            "orders/": Order.objects.latest("pk").number, "customers/": Customer.objects.latest("pk").number,
            "items/": Sku.objects.latest("pk").code, "warehouses/": Warehouse.objects.latest("pk").code,
            "shipments/": Shipment.objects.latest("pk").number, "invoices/": Invoice.objects.latest("pk").number,
            "waves/": Wave.objects.latest("pk").number, "scan/": Wave.objects.latest("pk").number,
            "o/": OrderLink.objects.latest("pk").token, **self._billing(),
        }  # fmt: skip

    @staticmethod
    def _billing() -> dict[str, str]:
        """Longer heads first: the first that fits is taken."""
        s, invoice = subscribe(), Invoice.objects.latest("pk")
        payment = Payment.objects.filter(kind=PaymentKind.CAPTURE).latest("pk")
        return {
            "s/": s.links.latest("pk").token, "subscriptions/runs/": BulkChangeFactory().number,
            "subscriptions/": s.number, "plans/promotions/": PromotionFactory().code,
            "plans/changes/": PriceChangeFactory(plan=s.version.plan, to_version=s.version).number,
            "plans/": s.version.plan.number, "refunds/": RefundFactory(payment=payment).number,
            "dunning/": DunningFactory(invoice=invoice).invoice.number, "payouts/": PayoutFactory().reference,
            "p/": PayLinkFactory(invoice=invoice, customer=s.customer).token,
            "credit-notes/": CreditNoteFactory(invoice=invoice).number,
        }  # fmt: skip

    def address(self, route: str, pattern: URLPattern) -> str:
        path = route
        for name, converter in _converters(route, pattern):
            known = next((value for head, value in self.values.items() if route.startswith(head)), "none")
            value = "1" if isinstance(converter, IntConverter) else known
            path = path.replace(name, value, 1)
        return "/" + path


def _converters(route: str, pattern: URLPattern) -> list[tuple[str, Any]]:
    parts = route.split("<")[1:]
    return [(f"<{part.split('>')[0]}>", IntConverter() if part.startswith("int:") else None) for part in parts]


@pytest.fixture
def shop() -> Examples:
    call_command("load_demo", orders=40, seed=3, verbosity=0)
    return Examples()


def test_nobody_sees_or_does_what_is_not_theirs(shop: Examples) -> None:
    problems = []
    for role, person in _everybody().items():
        client = Client()
        if person:
            client.force_login(person, backend="ordermgmt.access.RoleBackend")
        for route, pattern in pages():
            access = getattr(pattern.callback, "access", ())
            for method in ("get", "post"):
                answer = getattr(client, method)(shop.address(route, pattern))
                problems += _judge(role, person, access, method, route, answer.status_code)
    assert not problems, "\n".join(problems)


def _everybody() -> dict[str, User | None]:
    """Who may what does not hang on the database: PostgreSQL is shown every page once, by one with all roles."""
    if connection.vendor == "postgresql":
        return {"everything": UserFactory(roles=Role.values)}
    return {**{role: UserFactory(role=role) for role in Role.values}, "stranger": None}


def _judge(role: str, person: User | None, access: tuple[str, ...], method: str, route: str, status: int) -> list[str]:
    line = f"{role} {method} {route}: {status}"
    if status >= 500 and not route.startswith(("healthz", "webhooks/", "hooks/")):
        return [line]
    if not access or access == ("public",):
        return []
    if person is None:
        return [] if status in (302, 401, 403, 404, 405) else [line]
    may = access == ("staff",) or any(person.has_perm(name) for name in access)
    if may:
        return [line] if status == 403 else []
    # 404 and 405 say nothing of the record: the route takes no such value or method at all.
    return [] if status in (403, 404, 405) else [line]
