"""J7: goods that arrived damaged or not at all are sent again for nothing, once, tied to the first order."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from inventory.factories import SkuFactory, WarehouseFactory, bundle, stock
from inventory.models import Sku, SkuPrice, StockLevel
from ordermgmt.delivery import put_in_words
from ordermgmt.factories import UserFactory
from ordermgmt.kpis import Period, find
from ordermgmt.mail import html_of
from ordermgmt.models import Activity, OutgoingMessage
from ordermgmt.roles import Role
from orders.actions.cancellation import cancel_order
from orders.actions.sending_again import ReplaceRefused, replace_goods, replaceable
from orders.factories import NOW, ChannelFactory, order
from orders.in_work import LATER as PAYS_LATER
from orders.models import Hold, Order, OrderLine
from orders.states import FulfilmentStatus, PaymentStatus
from orders.views.new_order_desk import usual_payment

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=3)


def gone(units: dict[Sku, int], **facts: Any) -> Order:
    """An order of which all has left."""
    made = order(units, channel=ChannelFactory(requires_payment=True, checks_prices=True), **facts)
    for line in made.lines.all():
        if line.is_stocked:
            # As if dispatched, without a parcel.
            OrderLine.objects.filter(pk=line.pk).update(shipped=line.ordered, promised=0, backordered=0)
    Order.objects.filter(pk=made.pk).update(fulfilment_status=FulfilmentStatus.SHIPPED)
    return made


def again(made: Order, units: dict[int, int], **facts: Any) -> Order:
    given = {"reason": "damaged", "key": str(uuid4()), "by": "Ana", "now": LATER} | facts
    return replace_goods(made.pk, units, **given)


@pytest.fixture
def oat() -> Sku:
    sku = SkuFactory(code="OAT-1L", name="Oat drink 1 l")
    SkuPrice.objects.update_or_create(sku=sku, currency="EUR", defaults={"amount": Decimal("9.00")})
    stock(sku, WarehouseFactory(), 20)
    return sku


def test_a_new_order_over_nothing_with_its_own_stock(oat: Sku) -> None:
    made = gone({oat: 3})
    new = again(made, {made.lines.get().pk: 2}, note="Pack well")
    assert (new.total, new.tax_total, new.discount_total, new.units) == (0, 0, 20, 2)
    assert (new.replaces, new.replaced_because, new.note) == (made, "damaged", "Pack well")
    assert (new.payment_status, Hold.objects.filter(order=new).count()) == (PaymentStatus.PAID, 0)
    assert (new.ship_postcode, new.recipient, new.customer) == (made.ship_postcode, made.recipient, made.customer)
    assert new.lines.get().promised == 2
    assert StockLevel.objects.get(sku=oat).allocated >= 2
    mail = OutgoingMessage.objects.get(kind="order_confirmation", about=new.number)
    put_in_words(mail)
    assert mail.subject_line.startswith(f"We send it again: {new.number} · arrives")
    assert "You pay nothing." in mail.text
    assert "What you ordered" not in html_of(mail)
    assert Activity.objects.of(made.number)[0].text == f"2 units sent again as {new.number}: Damaged"


def test_no_more_than_left_and_not_twice(oat: Sku) -> None:
    made = gone({oat: 3})
    line = made.lines.get()
    key = str(uuid4())
    first = again(made, {line.pk: 2}, key=key)
    assert again(made, {line.pk: 2}, key=key) == first
    with pytest.raises(ReplaceRefused, match="only 1 can be sent again"):
        again(made, {line.pk: 2})
    cancel_order(first.pk, by="Ana", reason="Not needed", now=LATER)
    assert replaceable(made) == {line: 3}
    assert again(made, {line.pk: 3}).units == 3


@pytest.mark.parametrize(
    ("units", "reason", "words"),
    [({}, "damaged", "at least one unit"), ({0: 1}, "damaged", "not part of"), ({1: 1}, "because", "Choose why")],
)
def test_what_makes_no_sense_is_refused(oat: Sku, units: dict[int, int], reason: str, words: str) -> None:
    made = gone({oat: 1})
    chosen = {made.lines.get().pk if pk else 0: count for pk, count in units.items()}
    with pytest.raises(ReplaceRefused, match=words):
        again(made, chosen, reason=reason)


def test_what_is_still_here_is_not_sent_again(oat: Sku) -> None:
    made = order({oat: 1})
    with pytest.raises(ReplaceRefused, match="nothing of it has left"):
        again(made, {made.lines.get().pk: 1})


def test_a_bundle_is_sent_again_with_its_parts(oat: Sku) -> None:
    box = bundle({oat: 2})
    made = gone({box: 2})
    sold = made.lines.get(kind="bundle")
    new = again(made, {sold.pk: 1})
    assert [(line.kind, line.ordered) for line in new.lines.all()] == [("bundle", 1), ("component", 2)]
    assert replaceable(made)[sold] == 1


def test_what_was_paid_in_advance_costs_its_list_price(oat: Sku) -> None:
    made = gone({oat: 1})
    OrderLine.objects.update(unit_price=0, total=0, tax=0)
    assert again(made, {made.lines.get().pk: 1}).discount_total == 9


def test_it_is_a_cost_and_no_sale(oat: Sku) -> None:
    made = gone({oat: 3})
    new = again(made, {made.lines.get().pk: 2})
    period = Period(LATER.date(), LATER.date())
    assert list(find("orders_taken").rows(period)) == [made]
    (row,) = find("replacement_cost").rows(period)
    assert (row, row.discount_total, row.replaced_because) == (new, 20, "damaged")


def test_repeated_by_phone_it_waits_for_its_money(oat: Sku) -> None:
    made = gone({oat: 3})
    assert usual_payment(again(made, {made.lines.get().pk: 2})) == PAYS_LATER


class TestPages:
    @pytest.fixture
    def support(self, client: Client) -> Client:
        client.force_login(UserFactory(role=Role.SUPPORT), backend="ordermgmt.access.RoleBackend")
        return client

    def test_choose_send_and_see_it_on_both(self, support: Client, oat: Sku) -> None:
        made = gone({oat: 3})
        url, name = f"/orders/{made.number}/replace/", f"units-{made.lines.get().pk}"
        assert url in support.get(f"/orders/{made.number}/").content.decode()
        assert 'max="3"' in support.get(url).content.decode()
        given = {"key": str(uuid4()), "reason": "lost", name: "1", "tell": "1"}
        answers = [support.post(url, given) for _n in range(2)]
        new = Order.objects.get(replaces=made)
        assert [answer["Location"] for answer in answers] == [f"/orders/{new.number}/"] * 2
        assert f"/orders/{new.number}/" in support.get(f"/orders/{made.number}/").content.decode()
        page = support.get(f"/orders/{new.number}/").content.decode()
        assert f"/orders/{made.number}/" in page
        assert "Lost on the way" in page

    def test_what_was_typed_stays(self, support: Client, oat: Sku) -> None:
        made = gone({oat: 3})
        url, name = f"/orders/{made.number}/replace/", f"units-{made.lines.get().pk}"
        answer = support.post(url, {"key": str(uuid4()), "reason": "", name: "4", "note": "Pack well"})
        page = answer.content.decode()
        assert answer.status_code == 422
        assert "only 3 can be sent again" in page
        assert "Choose why it is sent again" in page
        assert 'value="4"' in page
        assert 'value="Pack well"' in page
        assert 'name="tell" value="1" >' in page
        assert not Order.objects.filter(replaces=made).exists()

    def test_only_who_may_place_orders(self, client: Client, oat: Sku) -> None:
        client.force_login(UserFactory(role=Role.OPERATOR), backend="ordermgmt.access.RoleBackend")
        made = gone({oat: 1})
        assert client.get(f"/orders/{made.number}/replace/").status_code == 403
