"""Customers from a file: matched, changed, addressed, and refused by row."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from customers.factories import ConsentFactory, CustomerFactory
from customers.models import Customer
from customers.states import CustomerStatus
from ordermgmt.factories import UserFactory
from ordermgmt.importing.runs import apply_run, take_file
from ordermgmt.jobs import run_now
from ordermgmt.models import Activity, ImportRun, ImportState
from ordermgmt.roles import Role

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
FILE = """Number,Name,E-mail,Phone,Street,Postcode,Town,Country,Newsletter
,Maria Lindqvist,maria@customer.example,070-174 06 05,Storgatan 12,11455,Stockholm,SE,yes
OLD-7,Tom Okafor,tom@customer.example,+442079460958,1 High St,ec1y8sy,London,GB,no
"""


@pytest.fixture(autouse=True)
def _files(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


def checked(content: str) -> ImportRun:
    by = UserFactory(role=Role.ADMIN)
    run = take_file(kind="customers", file=SimpleUploadedFile("c.csv", content.encode()), by=by, now=NOW)
    run_now("imports", as_of=NOW)
    run.refresh_from_db()
    return run


def applied(content: str) -> ImportRun:
    run = checked(content)
    assert run.state == ImportState.CHECKED, run.error
    apply_run(run=run, by=UserFactory(role=Role.ADMIN), now=NOW)
    run_now("imports", as_of=NOW)
    run.refresh_from_db()
    assert run.state == ImportState.DONE, run.error
    return run


def test_customers_come_with_address_phone_and_consent() -> None:
    applied(FILE)
    maria = Customer.objects.get(email="maria@customer.example")
    assert maria.number.startswith("C-")
    assert (maria.phone, maria.phone_digits) == ("+46701740605", "46701740605")
    assert (maria.current_address.postcode, maria.current_address.name) == ("114 55", "Maria Lindqvist")
    assert maria.consents.get().is_granted
    tom = Customer.objects.get(number="OLD-7")
    assert tom.current_address.postcode == "EC1Y 8SY"
    assert not tom.consents.exists()


def test_the_same_file_again_changes_nothing() -> None:
    applied(FILE)
    run = checked(FILE)
    assert (run.to_create, run.to_change, run.unchanged, run.error_count) == (0, 0, 2, 0)


def test_changes_replace_addresses_and_raise_the_version() -> None:
    customer = CustomerFactory(number="C-20117", name="Maria", email="m@x.example")
    ConsentFactory(customer=customer)
    applied("E-mail,Name,Street,Newsletter\nM@X.example,Maria Lind,Storgatan 14,no\n")
    customer.refresh_from_db()
    assert (customer.name, customer.version) == ("Maria Lind", 1)
    assert customer.current_address.line1 == "Storgatan 14"
    assert customer.addresses.get(replaced_at=NOW).line1 == "Storgatan 12"
    assert [row.is_granted for row in customer.consents.order_by("pk")] == [True, False]
    assert "Street: Storgatan 12 → Storgatan 14" in Activity.objects.get(subject="C-20117").text


def test_errors_name_row_and_column() -> None:
    CustomerFactory.create_batch(2, email="twin@x.example")
    CustomerFactory(number="C-1", status=CustomerStatus.MERGED, merged_into=CustomerFactory(), merged_at=NOW)
    run = checked(
        """Number,Name,E-mail,Phone,Street,Postcode,Town,Country,VAT id
,No key,,,,,,,
C-999999999,Unknown,a@x.example,,,,,,
C-1,Merged,b@x.example,,,,,,
,Twin,twin@x.example,,,,,,
,Bad mail,nonsense,,,,,,
,Bad phone,c@x.example,12,,,,SE,
,Bad postcode,d@x.example,,Storgatan 1,1145,Stockholm,SE,
,No town,e@x.example,,Storgatan 1,114 55,,SE,
,Bad VAT,f@x.example,,,,,,DE136695978
,,g@x.example,,,,,,
"""
    )
    assert [
        (error["row"], error["column"], error["words"]) for error in sorted(run.errors, key=lambda e: e["row"])
    ] == [
        (2, "Number", "write a customer number or an e-mail, so that the row can be matched"),
        (3, "Number", "we do not know C-999999999. Leave it empty for a new customer"),
        (4, "Number", "C-1 is merged into another"),
        (5, "E-mail", _words(run, 5)),
        (6, "E-mail", "write an e-mail address like maria@customer.example"),
        (7, "Phone", "enter a phone number with its country, like +46 70 174 06 05"),
        (8, "Postcode", "enter a postcode with 5 digits, like 114 55"),
        (9, "Town", "enter a town"),
        (10, "VAT id", "Check the VAT id: a digit or its length is not right for Germany"),
        (11, "Name", "is empty"),
    ]
    assert "several customers have it" in _words(run, 5)
    assert (run.to_create, run.error_count) == (0, 10)


def _words(run: ImportRun, row: int) -> str:
    return next(error["words"] for error in run.errors if error["row"] == row)
