"""What was promised to customers: for whom, by when, done and not done."""

from datetime import date, time, timedelta

import pytest
from django.utils import timezone

from customers.actions.contacts import CHECK_LASTS, check_caller, last_check
from customers.actions.customers import CustomerRefused
from customers.actions.follow_ups import add_follow_up, finish_follow_up, reopen_follow_up
from customers.factories import NOW, CustomerFactory, FollowUpFactory
from customers.models import FollowUp
from customers.states import CustomerStatus
from ordermgmt.factories import UserFactory
from ordermgmt.models import Activity

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 24)


def test_mine_and_due_are_found_in_their_order() -> None:
    ana = UserFactory()
    late = FollowUpFactory(person=ana, due_on=TODAY - timedelta(days=3))
    any_time = FollowUpFactory(person=ana, due_on=TODAY)
    at_eleven = FollowUpFactory(person=ana, due_on=TODAY, due_time=time(11))
    FollowUpFactory(person=ana, due_on=TODAY + timedelta(days=1))
    FollowUpFactory(person=ana, due_on=TODAY, done_at=NOW)
    FollowUpFactory(due_on=TODAY)
    assert list(FollowUp.objects.open().of(ana).due(TODAY).in_order()) == [late, at_eleven, any_time]


def test_it_is_promised_done_and_not_done() -> None:
    ana, customer = UserFactory(name="Ana"), CustomerFactory()
    row = add_follow_up(customer=customer, text=" Call ", person=ana, due_on=TODAY, by=ana, now=NOW)
    finish_follow_up(row.pk, by=ana, now=NOW)
    assert finish_follow_up(row.pk, by="Tom", now=NOW).done_by == "Ana"
    assert reopen_follow_up(row.pk, by=ana, now=NOW).done_at is None
    said = [line.text for line in Activity.objects.filter(subject=customer.number).order_by("pk")]
    assert [words.partition(":")[0][:13] for words in said] == ["Follow-up for", "Done", "Not done yet"]


@pytest.mark.parametrize(("text", "status"), [(" ", CustomerStatus.ACTIVE), ("Call", CustomerStatus.ERASED)])
def test_what_cannot_be_promised(text: str, status: str) -> None:
    customer = CustomerFactory(status=status)
    with pytest.raises(CustomerRefused):
        add_follow_up(customer=customer, text=text, person=UserFactory(), due_on=TODAY, by="Ana", now=NOW)
    assert not FollowUp.objects.exists()


def test_nothing_is_promised_for_someone_who_left() -> None:
    with pytest.raises(CustomerRefused, match="still works here"):
        add_follow_up(customer=CustomerFactory(), text="Call", person=UserFactory(is_active=False), due_on=TODAY,
                      by="Ana", now=NOW)  # fmt: skip


def test_a_caller_is_checked_once_in_a_talk() -> None:
    customer, now = CustomerFactory(), timezone.now()
    check_caller(customer=customer, by="Ana", now=now)
    check_caller(customer=customer, by="Ana", now=now + timedelta(minutes=5))
    assert Activity.objects.filter(subject=customer.number).count() == 1
    assert last_check(customer, now=now + CHECK_LASTS) is None
