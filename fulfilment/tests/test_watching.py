"""Known problems, the rota and the mails of the inbox: said once, to whom it concerns, until it is over."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from fulfilment import factories
from fulfilment.states import ShipmentStatus
from inventory.factories import SkuFactory, WarehouseFactory
from ordermgmt import exception_mails, jobs
from ordermgmt.actions.watching import MayNotWatch, ProblemRefused, close_problem, plan_duties, tell_problem
from ordermgmt.factories import NOW, DutyFactory, ExceptionItemFactory, KnownProblemFactory, UserFactory
from ordermgmt.known_problems import forget, problems_of, told_now
from ordermgmt.models import Duty, ExceptionItem, JobRun, KnownProblem, OutgoingMessage, User
from ordermgmt.roles import Role
from orders import factories as sold
from orders.models import OrderLink

pytestmark = [pytest.mark.django_db, pytest.mark.counts_exceptions]
HOUR = timedelta(hours=1)


@pytest.fixture
def lead(client: Client) -> User:
    person = UserFactory(role=Role.LEAD, name="Tom Berg")
    client.force_login(person, backend="ordermgmt.access.RoleBackend")
    return person


def told(scope: str, key: str = "", **facts: Any) -> KnownProblem:
    made = KnownProblemFactory(scope=scope, key=key, **facts)
    forget()
    return made


class TestProblems:
    def test_a_lead_tells_closes_and_takes_that_back(self, client: Client, lead: User) -> None:
        page = client.post(
            "/exceptions/problems/", {"touches": ":", "sentence": "The shop is slow", "customer_sentence": ""}
        )
        assert page.status_code == 302
        problem = KnownProblem.objects.get()
        assert (problem.told_by, problem.customer_sentence) == ("Tom Berg", "")
        forget()
        assert "The shop is slow" in client.get("/exceptions/").content.decode()
        client.post(f"/exceptions/problems/{problem.pk}/close/")
        forget()
        assert "Known now" not in client.get("/exceptions/").content.decode()
        client.post(f"/exceptions/problems/{problem.pk}/reopen/")
        problem.refresh_from_db()
        assert problem.closed_at is None

    def test_what_does_not_exist_or_is_told_already_is_refused(self, client: Client, lead: User) -> None:
        page = client.post("/exceptions/problems/", {"touches": "item:", "item": "NOTHING", "sentence": "Late"})
        assert page.status_code == 422
        facts = {"scope": "", "key": "", "sentence": "Late", "customer_sentence": "", "by": lead, "now": NOW}
        tell_problem(**facts)
        with pytest.raises(ProblemRefused):
            tell_problem(**facts)

    def test_support_reads_and_does_not_tell(self, client: Client) -> None:
        client.force_login(UserFactory(role=Role.SUPPORT), backend="ordermgmt.access.RoleBackend")
        problem = told("")
        assert problem.sentence in client.get("/exceptions/problems/").content.decode()
        assert client.post(f"/exceptions/problems/{problem.pk}/close/").status_code == 403
        client.post("/exceptions/problems/", {"touches": ":", "sentence": "x"})
        assert KnownProblem.objects.count() == 1

    def test_it_stands_on_the_orders_it_touches_in_two_sets_of_words(self, client: Client, lead: User) -> None:
        sku = SkuFactory(code="OAT-1L")
        mine, other = sold.order({sku: 1}), sold.order()
        problem = told("item", "OAT-1L", sentence="Oats are late", customer_sentence="Your oats come a day later.")
        assert list(problems_of([mine.pk, other.pk])) == [mine.pk]
        assert "Oats are late" in client.get(f"/orders/{mine.number}/").content.decode()
        assert "Oats are late" not in client.get(f"/orders/{other.number}/").content.decode()
        link = OrderLink.objects.filter(order=mine).first() or sold.OrderLinkFactory(order=mine)
        OrderLink.objects.update(expires_at=timezone.now() + 100 * HOUR)
        page = client.get(f"/o/{link.token}/").content.decode()
        assert "Your oats come a day later." in page
        assert "Oats are late" not in page
        close_problem(problem.pk, by=lead, now=NOW)
        forget()
        assert "Your oats" not in client.get(f"/o/{link.token}/").content.decode()

    def test_the_number_of_orders_opens_exactly_those(self, client: Client, lead: User) -> None:
        house = WarehouseFactory(code="MMO")
        sku = factories.item(house, 5)
        order = sold.order({sku: 1})
        parcel = factories.ShipmentFactory(work__order=order, status=ShipmentStatus.DISPATCHED, dispatched_at=NOW)
        for scope, key in (("carrier", parcel.carrier.code), ("warehouse", "MMO"), ("item", sku.code), ("", "")):
            told(scope, key)
        for one in told_now():
            found = re.search(r'data-total="(\d+)"', client.get(one.url).content.decode())
            assert found
            assert one.total is not None
            assert int(found[1]) == one.total.value == 1

    def test_support_finds_it_at_home(self, client: Client) -> None:
        client.force_login(UserFactory(role=Role.SUPPORT), backend="ordermgmt.access.RoleBackend")
        sold.order()
        told("", sentence="Phones are down")
        assert "Phones are down" in client.get("/").content.decode()


class TestRota:
    def test_a_week_is_planned_and_shown(self, client: Client, lead: User) -> None:
        ana = UserFactory(role=Role.SUPPORT, name="Ana Petrova")
        page = client.get("/exceptions/rota/?from=2026-11-16").content.decode()
        assert page.count("<select") == 35
        client.post("/exceptions/rota/?from=2026-11-16", {"2026-11-18.support": ana.pk, "2026-11-19.support": ""})
        assert Duty.objects.get().person == ana
        client.post("/exceptions/rota/?from=2026-11-16", {"2026-11-18.support": ""})
        assert not Duty.objects.exists()
        assert client.get("/exceptions/rota/?from=nonsense-x-y").status_code == 200

    def test_nobody_watches_a_queue_that_is_not_theirs(self, lead: User) -> None:
        with pytest.raises(MayNotWatch, match="Tom Berg does not have the role Finance"):
            plan_duties({(NOW.date(), Role.FINANCE): lead}, by=lead, now=NOW)


class TestMails:
    def run(self, name: str, now: Any = NOW) -> list[tuple[str, str]]:
        jobs.run_now(name, as_of=now)
        rows = OutgoingMessage.objects.filter(kind=name).order_by("pk")
        return list(rows.values_list("recipient", "subject_line"))

    def item(self, **facts: Any) -> ExceptionItem:
        made: ExceptionItem = ExceptionItemFactory(rule="order.late", facts={}, **facts)
        return made

    def test_one_digest_a_day_for_each_person_of_the_queue(self) -> None:
        ana, tom = UserFactory(role=Role.SUPPORT), UserFactory(role=Role.SUPPORT)
        UserFactory(role=Role.FINANCE)
        self.item(target_at=NOW - HOUR), self.item()
        subject = "Support: 2 exceptions wait, 1 past target"
        assert self.run("exception_digest") == [(ana.email, subject), (tom.email, subject)]
        assert len(self.run("exception_digest", NOW + HOUR)) == 2
        assert "/exceptions/?view=support" in OutgoingMessage.objects.latest("pk").text

    def test_a_queue_that_fails_keeps_the_others_from_nothing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        _finance, ana = UserFactory(role=Role.FINANCE), UserFactory(role=Role.SUPPORT)
        self.item(owner_role=Role.FINANCE), self.item()
        write = exception_mails._write

        def failing(kind: str, about: str, role: str, *rest: Any) -> bool:
            if role == Role.FINANCE:
                raise ValueError("a word is missing")
            return write(kind, about, role, *rest)

        monkeypatch.setattr(exception_mails, "_write", failing)
        assert [to for to, _subject in self.run("exception_digest")] == [ana.email]
        assert JobRun.objects.get().summary["failed"] == 1

    def test_who_is_on_duty_gets_it_alone(self) -> None:
        UserFactory(role=Role.SUPPORT)
        duty = DutyFactory(on=NOW.date())
        self.item()
        assert [to for to, _subject in self.run("exception_digest")] == [duty.person.email]

    def test_what_passes_its_target_is_mailed_once_and_together(self) -> None:
        ana = UserFactory(role=Role.SUPPORT)
        self.item(target_at=NOW - HOUR), self.item(target_at=NOW - HOUR), self.item(target_at=NOW + HOUR)
        assert self.run("exception_late") == [(ana.email, "Support: 2 exceptions passed their targets")]
        assert len(self.run("exception_late", NOW + HOUR / 2)) == 1
        assert self.run("exception_late", NOW + 2 * HOUR)[1:] == [(ana.email, "Support: 1 exception passed its target")]

    def test_nobody_is_mailed_rows_they_may_not_see_or_when_it_is_off(self, settings: Any) -> None:
        UserFactory(role=Role.SUPPORT)
        ExceptionItemFactory(rule="job.failed")
        assert self.run("exception_digest") == []
        settings.EXCEPTION_MAILS = False
        self.item()
        assert self.run("exception_digest") == []
