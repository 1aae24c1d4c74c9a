"""What is held about people is named, given out, and erased without hurting the books."""

import io
import json
import re
import zipfile
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.apps import apps
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import DatabaseError, connection, models, transaction
from django.test import Client
from django.utils import timezone

from customers.actions.customers import change_customer, note_customer
from customers.actions.erasing import CannotErase, erase_customer
from customers.actions.exporting import ask_export, delete_expired, make_export
from customers.actions.merging import MERGED_FIELDS
from customers.actions.people import person_of
from customers.factories import ChannelIdentityFactory, ConsentFactory, CustomerFactory
from customers.jobs import export_personal_data
from customers.models import Customer, ExportState, PersonalExport
from customers.privacy import IMPERSONAL, holdings, obstacles_of
from fulfilment.actions.dispatching import dispatch_shipment
from fulfilment.tests.parcels import NOW, packed
from ordermgmt.factories import UserFactory
from ordermgmt.forgetting import PERSONAL_KEYS, WithoutPersonal
from ordermgmt.guards import FORGETS
from ordermgmt.jobs import Context
from ordermgmt.leases import LeaseLost, claim
from ordermgmt.models import Activity, OutgoingMessage, User
from ordermgmt.roles import Role
from orders.actions.customers import merge_customers
from orders.factories import AccountEntryFactory, OrderFactory, RefundFactory
from orders.models import Invoice, Order, Refund
from orders.tests.order_desk import broken
from orders.tests.subscribed import subscribe

OURS = ("ordermgmt", "customers", "inventory", "orders", "fulfilment")
TEXTS = (models.CharField, models.TextField, models.JSONField, models.FileField)
# What is only a code, a number or a word of ours, wherever it stands.
CODES = re.compile(
    r"(number|code|kind|status|state|currency|language|country|series|cause|reason_code|provider|channel|source|handle|blocks"
    r"|.*_by|by|.*_hash|.*_key|sha256|tracking_number|idempotency_key|external_.*|last_error|outcome|service|source|verb|actor"
    r"|sentence|subject|thread|about|shipping_method|reference|scope|effect_key|name_of|event_id|raw_status|incident|problem"
    r"|content_type|media_type|held_because|words_error|provider_id|named_id|message_id|decline_code|provider_reference|bulk"
    r"|packed_by|void_reason|token|form_key|parked_.*|tax_lines|cancel_reason|reason)"
)


def test_every_text_about_people_is_named_by_a_holding() -> None:
    """A new model or field is looked at once: personal, a code, or about something else."""
    known = {one.model: one for one in holdings()}
    missing = []
    for app in OURS:
        for model in apps.get_app_config(app).get_models():
            if app == "inventory" or (model.__name__ in IMPERSONAL and model not in known):
                continue
            if model not in known:
                missing.append(model.__name__)
                continue
            named = {*known[model].personal, *known[model].hidden, *known[model].plain}
            missing += [
                f"{model.__name__}.{field.name}"
                for field in model._meta.concrete_fields
                if isinstance(field, TEXTS)
                and not field.choices
                and field.name not in named
                and not CODES.fullmatch(field.name)
            ]
    assert missing == []


def test_whatever_belongs_to_a_customer_is_held() -> None:
    known = {one.model for one in holdings()}
    owned = {rel.related_model for rel in Customer._meta.related_objects} - {Customer, PersonalExport}
    assert owned - known == set()


def test_holdings_name_fields_that_are_there() -> None:
    wrong = []
    for one in holdings():
        names = {field.name for field in one.model._meta.concrete_fields}
        wrong += [f"{one.name}.{name}" for name in {*one.personal, *one.replaced, *one.hidden, *one.plain} - names]
        if one.personal and not (one.is_deleted or one.kept or one.replaced):
            wrong.append(f"{one.name}: nothing becomes of it")
    assert wrong == []


def test_guards_name_every_column_of_history() -> None:
    for table, (loses, keeps) in FORGETS.items():
        model: Any = next(m for m in apps.get_models() if m._meta.db_table == table)
        assert {*loses, *keeps} == {field.column for field in model._meta.concrete_fields}


@pytest.fixture
def maria() -> Customer:
    return CustomerFactory(
        name="Zelda Quist", email="zelda@secret.example", phone="+46709998877", address__line1="Hemliga 12"
    )


@pytest.fixture
def ana() -> User:
    return UserFactory(role=Role.MANAGER, name="Ana Berg")


def everything(maria: Customer) -> Order:
    """Dispatched, invoiced, paid, talked about; nothing open is left."""
    shipment = packed(
        customer=maria, email=maria.email, recipient=maria.name, items_total="48.20", shipping_total="4.90"
    )
    dispatch_shipment(shipment.pk, by="Ana", now=NOW)
    order: Order = shipment.order
    order.addresses.update(name="Zelda Quist", line1="Hemliga 12")
    note_customer(customer=maria, text="Hates Hemliga 12", by="Ana", now=NOW)
    change_customer(customer=maria, version=maria.version, phone="+46709998878", by="Ana", now=NOW)
    ChannelIdentityFactory(customer=maria)
    ConsentFactory(customer=maria, source="Zelda on the phone")
    Order.objects.filter(pk=order.pk).update(status="closed", closed_at=NOW, note="Ring Zelda")
    return order


SECRETS = ("Zelda", "zelda@secret", "Hemliga", "4670999887", "70999887")


def traces(exempt: frozenset[str]) -> set[str]:
    """Tables in which a trace of the person is left."""
    found = set()
    for app in OURS:
        for model in apps.get_app_config(app).get_models():
            text = json.dumps(list(model._default_manager.values()), default=str, ensure_ascii=False)
            if model.__name__ not in exempt and any(secret in text for secret in SECRETS):
                found.add(model.__name__)
    return found


@pytest.mark.django_db
def test_an_erasure_leaves_no_trace_but_the_books(maria: Customer) -> None:
    everything(maria)
    assert {"Customer", "Order", "OrderAddress", "Activity", "OutgoingMessage"} <= traces(frozenset())
    before = list(Invoice.objects.values("number", "gross_total", "paid", "buyer"))
    lines, wrong = Activity.objects.count(), broken()
    erase_customer(customer=maria, by="Ana", now=timezone.now())
    assert traces(frozenset({"Invoice", "CreditNote"})) == set()
    assert list(Invoice.objects.values("number", "gross_total", "paid", "buyer")) == before
    assert Activity.objects.count() == lines + 1
    maria.refresh_from_db()
    assert (maria.status, maria.name) == ("erased", f"Erased {maria.number}")
    assert broken() == wrong == []


@pytest.mark.django_db
def test_it_is_refused_while_something_is_open_or_owed(maria: Customer) -> None:
    s = subscribe(customer_id=maria.pk, address_id=maria.current_address.pk)
    order = OrderFactory(customer=maria)
    with pytest.raises(CannotErase) as refused:
        erase_customer(customer=maria, by="Ana", now=timezone.now())
    assert {words.split()[0] for words in refused.value.obstacles} >= {s.number, order.number}
    maria.refresh_from_db()
    assert maria.email == "zelda@secret.example"


@pytest.mark.django_db
def test_who_was_merged_is_erased_too_and_not_alone(maria: Customer) -> None:
    other = CustomerFactory(name="Zelda Q", email="zelda@secret.example")
    merge_customers(kept=maria, gone=other, choices=dict.fromkeys(MERGED_FIELDS, "kept"), by="Ana", now=timezone.now())
    with pytest.raises(CannotErase, match="Erase that one"):
        erase_customer(customer=other, by="Ana", now=timezone.now())
    erase_customer(customer=maria, by="Ana", now=timezone.now())
    other.refresh_from_db()
    assert (other.status, other.email, other.name) == ("merged", "", f"Erased {other.number}")
    with pytest.raises(CannotErase, match="already"):
        erase_customer(customer=maria, by="Ana", now=timezone.now())


@pytest.mark.django_db
def test_history_forgets_and_can_still_not_be_rewritten(maria: Customer) -> None:
    note_customer(customer=maria, text="Hemliga", by="Ana", now=timezone.now())
    rows = Activity.objects.filter(subject=maria.number)
    for wrong in ({"facts": {"text": "other"}}, {"actor": "Tom"}, {"facts": {}, "verb": "x"}):
        with pytest.raises(DatabaseError), transaction.atomic():
            rows.update(**wrong)
    with pytest.raises(DatabaseError), transaction.atomic():
        rows.delete()
    with transaction.atomic():
        rows.update(facts=WithoutPersonal("facts"))
    assert not any(key in row.facts for row in rows for key in PERSONAL_KEYS)
    assert connection.vendor in ("sqlite", "postgresql")


@pytest.mark.django_db
def test_a_copy_holds_everything_for_a_week(maria: Customer, ana: User, settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = str(tmp_path)
    everything(maria)
    OrderFactory(customer=CustomerFactory(name="Somebody Else"))
    now = timezone.now()
    row = ask_export(customer=maria, by=ana, now=now)
    assert ask_export(customer=maria, by=ana, now=now) == row
    export_personal_data(Context(now=now, name="personal_exports", inline=True))
    row.refresh_from_db()
    assert (row.state, row.done) == (ExportState.DONE, row.total)
    with default_storage.open(row.file) as file, zipfile.ZipFile(io.BytesIO(file.read())) as bundle:
        data = json.loads(bundle.read("data.json"))
        page = bundle.read("read-me.html").decode()
        tables = bundle.namelist()
    assert data["customers.Customer"][0]["email"] == "zelda@secret.example"
    assert len(data["orders.Order"]) == 1
    assert "token" not in json.dumps(data)
    assert "Somebody Else" not in json.dumps(data)
    assert "Zelda Quist" in page
    assert "tables/orders.Order.csv" in tables
    assert delete_expired(now=now) == 0
    assert delete_expired(now=now + timedelta(days=7)) == 1
    assert not default_storage.exists(row.file)


@pytest.mark.django_db
def test_a_copy_that_is_made_during_the_erasure_is_not_kept(
    maria: Customer, ana: User, settings: Any, tmp_path: Any
) -> None:
    settings.MEDIA_ROOT = str(tmp_path)
    now = timezone.now()
    row = claim(PersonalExport.objects.all(), ask_export(customer=maria, by=ana, now=now).pk, now=now)
    assert row is not None
    erase_customer(customer=maria, by="Ana", now=now)
    with pytest.raises(LeaseLost):
        make_export(row, now=now)
    row.refresh_from_db()
    assert (row.state, row.file, default_storage.listdir("exports")[1]) == (ExportState.ENDED, "", [])


@pytest.mark.django_db
def test_a_file_of_a_worker_that_died_is_deleted(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = str(tmp_path)
    name = default_storage.save("exports/C-1.zip", ContentFile(b"PK"))
    now = timezone.now()
    assert delete_expired(now=now) == 0
    assert delete_expired(now=now + timedelta(days=2)) == 1
    assert not default_storage.exists(name)


@pytest.mark.django_db
def test_refunds_of_orders_are_in_the_copy_and_used_credit_is_no_obstacle(maria: Customer) -> None:
    refund = RefundFactory(payment__order__customer=maria)
    (one,) = [one for one in holdings() if one.model is Refund]
    assert list(one.find(person_of(maria))) == [refund]
    other = CustomerFactory()
    for amount in ("0.10", "0.20", "-0.30"):
        AccountEntryFactory(customer=other, amount=Decimal(amount))
    assert not [words for words in obstacles_of(person_of(other)) if "on the account" in words]


@pytest.mark.django_db
def test_the_pages(client: Client, maria: Customer, ana: User, settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = str(tmp_path)
    client.force_login(ana, backend="ordermgmt.access.RoleBackend")
    home = f"/customers/{maria.number}/"
    assert "Data we hold" in client.get(home).content.decode()
    assert "Make a copy" in client.get(f"{home}privacy/").content.decode()
    client.post(f"{home}privacy/export/")
    row = PersonalExport.objects.get()
    assert client.get(f"{home}privacy/{row.pk}/").status_code == 404
    make_export(row, now=timezone.now())
    assert b"".join(client.get(f"{home}privacy/{row.pk}/")).startswith(b"PK")
    assert Activity.objects.filter(verb="personal_data.taken", actor="Ana Berg").exists()
    assert "Type" in client.get(f"{home}erase/").content.decode()
    assert client.post(f"{home}erase/", {"number": "C-0"}).status_code == 422
    assert client.post(f"{home}erase/", {"number": maria.number.lower()}).status_code == 302
    assert "was erased" in client.get(home).content.decode()
    assert not OutgoingMessage.objects.exclude(recipient="").exists()
    assert person_of(maria).emails == ["zelda@secret.example"]
    support = Client()
    support.force_login(UserFactory(role=Role.SUPPORT), backend="ordermgmt.access.RoleBackend")
    for page in ("privacy/", "erase/"):
        assert support.get(home + page).status_code == 403
