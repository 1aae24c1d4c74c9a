"""Subscriptions taken over from a file: checked before, proved after, made once."""

import json
from datetime import date
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from customers.factories import CustomerFactory
from customers.models import Customer
from ordermgmt.importing.reading import Unreadable
from ordermgmt.models import OutgoingMessage
from ordermgmt.tests.planting import found
from orders.actions.deliveries import Skip
from orders.actions.subscription_changes import change_subscription, undo_change
from orders.actions.subscription_work import NotAllowed
from orders.factories.orders import NOW
from orders.importing.subscription_rows import read_rows
from orders.models import PlanVersion, Subscription
from orders.tests.intake_samples import CHANNELS, needs_samples
from orders.tests.subscribed import days, plan, the_next

pytestmark = pytest.mark.django_db
HEAD = "external_id,email,name,line1,postcode,city,country,plan,currency,status,next_on,anchor_day,resumes_on,delivered,owed,price,history,cancelled_on"


@pytest.fixture
def version() -> PlanVersion:
    return plan(bill_every=3)


@pytest.fixture(autouse=True)
def _today(monkeypatch: Any) -> None:
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)


def row(version: PlanVersion, **cells: str) -> str:
    usual = {
        "external_id": "R1",
        "email": "eva@customer.example",
        "name": "Eva Berg",
        "line1": "Storgatan 1",
        "postcode": "114 55",
        "city": "Stockholm",
        "country": "SE",
        "plan": version.plan.number,
        "currency": "EUR",
        "status": "active",
        "next_on": "2027-02-28",
    }
    return ",".join((usual | cells).get(name, "") for name in HEAD.split(","))


def run(tmp_path: Path, rows: list[str], *how: str, head: str = HEAD) -> dict[str, Any]:
    path, out = tmp_path / "subscriptions.csv", StringIO()
    path.write_text("\n".join([head, *rows]))
    try:
        call_command("import_subscriptions", str(path), "--json", *how, stdout=out)
    except CommandError:
        if not out.getvalue():
            raise
    told: dict[str, Any] = json.loads(out.getvalue())
    return told


def test_taken_over_with_state_calendar_and_history(version: PlanVersion, tmp_path: Path) -> None:
    past = "2026-01-05 delivered; 2026-02-05 skipped: on holiday"
    rows = [
        row(version, anchor_day="31", delivered="9", owed="2", price="34.00", history=past),
        row(version, external_id="R2", status="paused", next_on="2027-01-15", resumes_on="2027-03-01"),
        row(version, external_id="R3", status="cancelled", next_on="", cancelled_on="2026-03-03"),
    ]
    assert run(tmp_path, rows, "--check")["new"] == 3
    assert Subscription.objects.count() == 0
    told = run(tmp_path, rows, "--apply")
    assert (told["made"], told["proved"], told["differences"]) == (3, 3, [])
    s = Subscription.objects.get(external_id="R1")
    first = the_next(s)
    assert first is not None
    assert (first.number, first.planned_on) == (10, date(2027, 2, 28))
    assert days(s, 3) == ["2027-02-28", "2027-03-31", "2027-04-30"]
    assert [e.kind for e in s.events.all()] == ["ordered", "skipped", "imported"]
    assert days(Subscription.objects.get(external_id="R2"), 3) == ["(2027-01-15)", "(2027-02-15)", "2027-03-15"]
    assert Subscription.objects.get(external_id="R3").status == "cancelled"
    assert Customer.objects.filter(email="eva@customer.example").count() == 1
    assert not OutgoingMessage.objects.exists()
    assert found("I54").holds


def test_the_same_file_again_changes_nothing(version: PlanVersion, tmp_path: Path) -> None:
    run(tmp_path, [row(version)], "--apply")
    s = Subscription.objects.get()
    change_subscription(s.pk, Skip(), by="Ana", now=NOW)
    told = run(tmp_path, [row(version), row(version, external_id="R2")], "--apply")
    assert (told["known"], told["made"], told["differences"]) == (1, 1, [])
    assert days(s, 1) == ["(2027-02-28)"]


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ({"plan": "PL-0"}, "plan"),
        ({"currency": "SEK"}, "plan"),
        ({"status": "sleeping"}, "status"),
        ({"next_on": "2026-01-01"}, "next_on"),
        ({"next_on": ""}, "next_on"),
        ({"next_on": "31.12.2026"}, "next_on"),
        ({"postcode": "1"}, "postcode"),
        ({"price": "1.005"}, "price"),
        ({"history": "2026-01-05 eaten"}, "history"),
        ({"email": "two@customer.example"}, "email"),
    ],
)
def test_every_fault_is_named_and_nothing_is_made(
    version: PlanVersion, tmp_path: Path, cells: dict[str, str], column: str
) -> None:
    for _ in range(2):
        CustomerFactory(email="two@customer.example")
    told = run(tmp_path, [row(version, external_id="R0"), row(version, **cells)], "--apply")
    assert {(fault["row"], fault["column"]) for fault in told["faults"]} == {(3, column)}
    assert Subscription.objects.count() == 0


def test_an_id_may_be_there_once(version: PlanVersion, tmp_path: Path) -> None:
    assert run(tmp_path, [row(version), row(version)], "--check")["faults"][0]["column"] == "external_id"


@needs_samples
def test_an_export_of_recharge_lacks_what_only_we_know() -> None:
    data = (CHANNELS / "seeds_recharge" / "subscription_data.csv").read_bytes()
    with pytest.raises(Unreadable, match="plan, currency"):
        read_rows(BytesIO(data), len(data))
    head, *lines = data.decode().splitlines()
    more = "\n".join([f"{head},plan,currency", *(f"{line},PL-1,USD" for line in lines)]).encode()
    rows, faults, left_out = read_rows(BytesIO(more), len(more))
    first = rows[0]
    assert (first["external_id"], first["every"], first["unit"]) == ("600000001", 28, "day")
    assert first["status"] == "cancelled"
    assert faults == []
    assert "product_title" in left_out


def test_what_was_delivered_elsewhere_counts_for_the_term(tmp_path: Path) -> None:
    run(tmp_path, [row(plan(ends_after=10), delivered="9")], "--apply")
    assert days(Subscription.objects.get()) == ["2027-02-28"]


def test_history_of_elsewhere_cannot_be_undone(version: PlanVersion, tmp_path: Path) -> None:
    run(tmp_path, [row(version, history="2026-02-05 skipped")], "--apply")
    event = Subscription.objects.get().events.get(kind="skipped")
    with pytest.raises(NotAllowed):
        undo_change(event.pk, by="Ana", now=NOW)
