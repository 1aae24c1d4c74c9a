"""Faults planted past all verbs are found, shown and mailed; what changed is proved without a look at the rest."""

import html
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from fulfilment.actions.dispatching import dispatch_shipment
from fulfilment.models import Shipment
from fulfilment.tests.parcels import NOW, make_order, pack, stage
from inventory.factories import SkuFactory, WarehouseFactory, stock
from inventory.models import StockMovement
from ordermgmt import jobs
from ordermgmt.factories import BooksProofFactory, UserFactory
from ordermgmt.models import Activity, BooksMark, BooksProof, OutgoingMessage, ProofScope
from ordermgmt.proofs import REGISTRY, SoFar, in_order, prove, prove_part
from ordermgmt.proving_changes import LAG, RECORDS_AT_ONCE, prove_changes
from ordermgmt.roles import Role
from ordermgmt.touched import Touched
from ordermgmt.watch import figures
from orders.factories import PaymentFactory, order
from orders.models import Order

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
LOCAL = [rule for rule in in_order() if rule.is_local]


@pytest.fixture
def sold() -> Order:
    """An order that is promised and paid, and one beside it that nobody touches."""
    house, oats = WarehouseFactory(), SkuFactory()
    stock(oats, house, 10)
    order({oats: 1})
    made: Order = order({oats: 2})
    return made


def sql(statement: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def edit(order: Order) -> None:
    sql("UPDATE orders_order SET total = total + 1 WHERE id = %s", order.pk)


def delete(order: Order) -> None:
    sql("DELETE FROM orders_payment WHERE order_id = %s", order.pk)


def duplicate(order: Order) -> None:
    columns = ", ".join(
        f'"{f.column}"'
        for f in PaymentFactory._meta.model._meta.concrete_fields
        if f.column not in ("id", "effect_key")
    )
    sql(
        f"INSERT INTO orders_payment ({columns}, effect_key) SELECT {columns}, 'twice' || id FROM orders_payment WHERE order_id = %s",
        order.pk,
    )


FAULTS = [(edit, "I09"), (delete, "I52"), (duplicate, "I52")]


def named(number: str) -> None:
    """The history names a record."""
    Activity.objects.create(at=NOW, actor="T", verb="x", subject=number, thread=number, sentence="x")


def broken(proofs: Any) -> set[str]:
    return {proof.code for proof in proofs if not proof.holds}


@pytest.mark.parametrize(("plant", "code"), FAULTS)
def test_a_fault_of_each_kind_is_found_shown_and_mailed(
    plant: Any, code: str, sold: Order, client: Client, settings: Any
) -> None:
    settings.ALERT_EMAILS = ["ops@example.com"]
    assert prove(REGISTRY[code], now=NOW).holds
    plant(sold)
    jobs.run_now("check_books", as_of=NOW)
    jobs.run_now("send_alerts", as_of=NOW + timedelta(minutes=1))
    mail = OutgoingMessage.objects.get(kind="alert", about__startswith="books")
    assert (mail.recipient, code in mail.text) == ("ops@example.com", True)
    client.force_login(UserFactory(role=Role.ADMIN), backend="ordermgmt.access.RoleBackend")
    for address in ("/books/", f"/books/{code}/"):
        page = html.unescape(client.get(address).content.decode())
        assert f'<a href="/search/?q={sold.number}">{sold.number}</a>' in page, address
        assert "ops@example.com" in page
    assert client.get(f"/search/?q={sold.number}").headers["Location"] == f"/orders/{sold.number}/"


@pytest.mark.parametrize(("plant", "code"), FAULTS)
def test_what_the_history_names_is_found_within_the_hour(plant: Any, code: str, sold: Order) -> None:
    assert prove_changes(now=NOW) == []
    plant(sold)
    named(sold.number)
    found = {proof.code: proof for proof in prove_changes(now=NOW + HOUR)}
    assert found.keys() == {rule.code for rule in LOCAL}
    assert (found[code].holds, found[code].rows[0]["order"]) == (False, sold.number)
    kept = BooksProof.objects.filter(code=code).latest("pk")
    assert (kept.scope, kept.looked_at, kept.holds) == (ProofScope.CHANGES, 1, False)


def test_a_row_changed_past_the_history_is_found_by_the_night_alone(sold: Order) -> None:
    prove_changes(now=NOW)
    edit(sold)
    assert broken(prove_changes(now=NOW + HOUR)) == set()
    assert not prove(REGISTRY["I09"], now=NOW + HOUR).holds


def test_what_broke_is_asked_about_until_it_holds(sold: Order) -> None:
    prove_changes(now=NOW)
    BooksProofFactory(code="I01", checked_at=NOW, holds=False)
    edit(sold)
    named(sold.number)
    prove_changes(now=NOW + HOUR)
    for n in (2, 3):
        proofs = {proof.code: proof for proof in prove_changes(now=NOW + n * HOUR)}
        assert not proofs["I09"].holds
    assert "I01" not in proofs
    Order.objects.filter(pk=sold.pk).update(total=sold.total)
    assert prove_changes(now=NOW + 4 * HOUR)
    latest = BooksProof.objects.filter(code="I09").latest("pk")
    assert (latest.holds, latest.scope) == (True, ProofScope.FULL)


def test_lines_that_may_be_committed_late_are_read_again(sold: Order) -> None:
    prove_changes(now=NOW)
    named("SO-1")
    prove_changes(now=NOW + LAG / 2)
    assert BooksMark.objects.get().read_to < Activity.objects.latest("pk").pk
    prove_changes(now=NOW + LAG)
    mark = BooksMark.objects.get()
    assert mark.read_from < mark.read_to == Activity.objects.latest("pk").pk


def test_a_proof_of_everything_touched_is_a_proof_of_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each local rule finds the same whether it looks at all rows, at all records by their numbers, or part by part; and
    nothing by none.
    """
    monkeypatch.setattr("ordermgmt.proofs.SPAN", 1)
    for _n in range(3):
        pack(stage(make_order()))
    parcel = pack(stage(make_order()))
    dispatch_shipment(parcel.pk, by="Ana", now=NOW)
    for plant, _code in (*FAULTS[:1], FAULTS[2]):
        plant(parcel.order)
    sql("UPDATE fulfilment_label SET state = 'void'")
    sql("UPDATE orders_orderline SET promised = promised + 1, ordered = ordered + 1")
    house, oats = WarehouseFactory(), SkuFactory()
    stock(oats, house, 3)
    columns = ", ".join(
        f'"{f.column}"'
        for f in StockMovement._meta.concrete_fields
        if f.name not in ("id", "effect_key", "kind", "document")
    )
    sql(
        f"INSERT INTO inventory_stockmovement ({columns}, effect_key, kind, document) SELECT {columns}, 'odd', 'shipped', 'SH-0' FROM inventory_stockmovement ORDER BY id DESC LIMIT 1"
    )
    sql("UPDATE orders_invoice SET gross_total = gross_total + 1")
    numbers = {number for pair in Activity.objects.values_list("subject", "thread") for number in pair if number}
    numbers |= set(Order.objects.values_list("number", flat=True)) | set(
        Shipment.objects.values_list("number", flat=True)
    )
    every = Touched(frozenset({*numbers, "SH-0"}))
    found = 0
    for rule in LOCAL:
        whole, touched = prove(rule, now=NOW), prove(rule, now=NOW, touched=every)
        assert (touched.count, touched.rows) == (whole.count, whole.rows), rule.code
        assert in_parts(rule) == (whole.count, sorted(map(str, whole.rows))), rule.code
        assert prove(rule, now=NOW, touched=Touched(frozenset({"SO-0"}))).count == 0, rule.code
        found += whole.count
    assert found > 5


def in_parts(rule: Any) -> tuple[int, list[str]]:
    so_far = SoFar()
    while so_far.first is not None:
        so_far = prove_part(rule, so_far, now=NOW)
    return so_far.count, sorted(map(str, so_far.rows))


def test_the_page_says_what_only_the_night_finds(client: Client, django_assert_num_queries: Any) -> None:
    client.force_login(UserFactory(role=Role.ADMIN), backend="ordermgmt.access.RoleBackend")
    page = client.get("/books/").content.decode()
    assert page.count("every hour") == len(LOCAL)
    assert page.count(">at night<") == len(REGISTRY) - len(LOCAL)
    assert "changed in the database past the history" in page
    assert "Not proved yet" in client.get("/books/I01/").content.decode()
    assert client.get("/books/I99/").status_code == 404
    for holds in (True, False, True):
        BooksProofFactory(code="I01", checked_at=NOW, holds=holds, scope=ProofScope.CHANGES, looked_at=3)
    with django_assert_num_queries(6):
        page = client.get("/books/I01/").content.decode()
    assert page.count("3 records that changed") == 3


def test_health_counts_what_is_broken_since_the_night() -> None:
    BooksProofFactory(code="I01", checked_at=NOW, holds=False)
    BooksProofFactory(code="I09", checked_at=NOW, holds=True)
    BooksProofFactory(code="I52", checked_at=NOW + HOUR, holds=False, scope=ProofScope.CHANGES)
    BooksProofFactory(code="I09", checked_at=NOW + HOUR, holds=True, scope=ProofScope.CHANGES)
    assert figures(NOW + HOUR).books_broken == 2
    assert figures(NOW + 2 * HOUR).books_age == 7200


def test_however_much_changed_it_is_read_in_parts(monkeypatch: pytest.MonkeyPatch, sold: Order) -> None:
    monkeypatch.setattr("ordermgmt.proving_changes.RECORDS_AT_ONCE", 2)
    prove_changes(now=NOW)
    for one in Order.objects.all():
        edit(one)
        named(one.number)
    for n in range(4):
        named(f"SO-{n}")
    proof = next(proof for proof in prove_changes(now=NOW + HOUR) if proof.code == "I09")
    assert (proof.count, len(proof.touched.numbers or ())) == (2, 6)
    assert RECORDS_AT_ONCE > 1000
