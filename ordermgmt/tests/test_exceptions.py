"""The inbox of exceptions: one item per cause, which opens, grows, comes back and closes by itself."""

from datetime import timedelta
from decimal import Decimal

import pytest

from ordermgmt import exceptions
from ordermgmt.exception_refresh import close_retired, look, refresh
from ordermgmt.exceptions import Cause, Ending, ExceptionRule, NameTaken, exception_rule
from ordermgmt.factories import (
    NOW,
    ActivityFactory,
    BooksProofFactory,
    ExceptionItemFactory,
    JobRunFactory,
    OutgoingMessageFactory,
    UserFactory,
)
from ordermgmt.models import Activity, ExceptionItem, ExceptionState, ExceptionSubject, JobState, MessageState
from ordermgmt.roles import Role

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


class Wrong(ExceptionRule):
    """A rule that tells what the test says."""

    name = "test.wrong"
    title = "Something is wrong"
    target = timedelta(hours=2)

    def __init__(self):
        self.found = {}

    def causes(self, now):
        return [
            Cause(
                key=key, since=NOW, subjects=numbers, amounts={"EUR": Decimal(10 * len(numbers))}, facts={"what": key}
            )
            for key, numbers in self.found.items()
        ]

    def sentence(self, item):
        return f"{item.count} orders wait for {item.facts['what']}"


@pytest.fixture
def rule(monkeypatch):
    one = Wrong()
    monkeypatch.setitem(exceptions.REGISTRY, one.name, one)
    return one


def items(*fields):
    return list(ExceptionItem.objects.order_by("pk").values_list(*fields))


def test_one_item_per_cause_with_its_rows_and_money(rule):
    rule.found = {"OAT": ["SO-1", "SO-2"], "RYE": ["SO-3"]}
    assert look(rule, now=NOW).opened == 2
    assert items("cause", "count", "worth", "state") == [("OAT", 2, 20, "open"), ("RYE", 1, 10, "open")]
    item = ExceptionItem.objects.first()
    assert item.sentence == "2 orders wait for OAT"
    assert (item.target_at, item.owner_role) == (NOW + timedelta(hours=2), Role.SUPPORT)
    assert list(ExceptionItem.objects.about("SO-3").values_list("cause", flat=True)) == ["RYE"]


def test_a_second_look_changes_nothing_and_growth_is_followed(rule):
    rule.found = {"OAT": ["SO-1", "SO-2"]}
    look(rule, now=NOW)
    before = items("pk", "count", "state", "facts")
    assert look(rule, now=NOW + MINUTE) == type(look(rule, now=NOW + MINUTE))()
    assert items("pk", "count", "state", "facts") == before
    rule.found = {"OAT": ["SO-2", "SO-3", "SO-4"]}
    look(rule, now=NOW + 2 * MINUTE)
    assert items("count", "worth") == [(3, 30)]
    assert set(ExceptionSubject.objects.values_list("number", flat=True)) == {"SO-2", "SO-3", "SO-4"}


def test_it_closes_by_itself_and_says_what_mended_it(rule):
    rule.found = {"OAT": ["SO-1"], "RYE": ["SO-3"]}
    look(rule, now=NOW)
    ActivityFactory(subject="SO-1", sentence="Released hold {hold}", facts={"hold": "address"}, actor="Ana", at=NOW)
    rule.found = {}
    assert look(rule, now=NOW + MINUTE).closed == 2
    oat, rye = ExceptionItem.objects.order_by("cause")
    assert (oat.state, oat.closed_at, oat.closed_by) == (ExceptionState.CLOSED, NOW + MINUTE, "Ana")
    assert oat.ended_because == "Released hold address (Ana, 09:00)"
    assert (rye.ended_because, rye.closed_by) == ("its cause is gone", "System")
    assert Activity.objects.of(oat.number).get().text == f"Closed by itself: {oat.ended_because}"
    rule.found = {"OAT": ["SO-1"]}
    assert look(rule, now=NOW + 2 * MINUTE).opened == 1
    assert ExceptionItem.objects.count() == 3


def test_a_rule_may_know_better_why_it_ended(rule):
    rule.endings = lambda ended, now: {item.pk: Ending("stock received {at}", {"at": "13:40"}) for item in ended}
    rule.found = {"OAT": ["SO-1"]}
    look(rule, now=NOW)
    rule.found = {}
    look(rule, now=NOW + MINUTE)
    assert ExceptionItem.objects.get().ended_because == "stock received 13:40"


def test_a_dismissed_one_comes_back_only_with_new_rows(rule):
    rule.found = {"OAT": ["SO-1", "SO-2"]}
    look(rule, now=NOW)
    dismissed = {"state": ExceptionState.DISMISSED, "dismissed_at": NOW, "dismiss_reason": "known"}
    ExceptionItem.objects.update(**dismissed)
    rule.found = {"OAT": ["SO-2"]}
    look(rule, now=NOW + MINUTE)
    rule.found = {"OAT": ["SO-1", "SO-2"]}
    assert look(rule, now=NOW + 2 * MINUTE).reopened == 0
    rule.found = {"OAT": ["SO-1", "SO-2", "SO-9"]}
    assert look(rule, now=NOW + 3 * MINUTE).reopened == 1
    item = ExceptionItem.objects.get()
    assert (item.state, item.count) == (ExceptionState.OPEN, 3)
    assert Activity.objects.of(item.number).get().text == "Opened again: 1 more since it was dismissed"
    ExceptionItem.objects.update(**dismissed)
    rule.found = {}
    look(rule, now=NOW + 4 * MINUTE)
    assert ExceptionItem.objects.get().state == ExceptionState.CLOSED


def test_a_dismissed_one_with_more_rows_than_are_kept_comes_back_with_more_of_them(rule, monkeypatch):
    """When the oldest is mended the next one gets its place: it was there when it was dismissed."""
    rule.found = {"OAT": [f"SO-{n}" for n in range(800)]}
    look(rule, now=NOW)
    ExceptionItem.objects.update(state=ExceptionState.DISMISSED, dismissed_at=NOW, dismiss_reason="known")
    rule.found = {"OAT": [f"SO-{n}" for n in range(1, 800)]}
    assert look(rule, now=NOW + MINUTE).reopened == 0
    rule.found = {"OAT": [f"SO-{n}" for n in range(1, 400)]}
    assert look(rule, now=NOW + 2 * MINUTE).reopened == 0
    rule.found = {"OAT": [f"SO-{n}" for n in range(1, 803)]}
    assert look(rule, now=NOW + 3 * MINUTE).reopened == 1
    assert Activity.objects.latest("pk").text == "Opened again: 2 more since it was dismissed"


def test_many_items_lose_some_of_their_rows(rule):
    rule.found = {f"C{n}": [f"SO-{n}", f"SO-{n}b"] for n in range(1500)}
    look(rule, now=NOW)
    rule.found = {f"C{n}": [f"SO-{n}"] for n in range(1500)}
    look(rule, now=NOW + MINUTE)
    assert ExceptionSubject.objects.count() == 1500


def test_rules_that_look_now_and_then_get_their_turn_whenever_the_run_comes(rule, monkeypatch):
    """A run that takes long leaves minutes out: not the clock says whose turn it is but the last look."""
    monkeypatch.setattr(Wrong, "every", 2)
    monkeypatch.setattr(exceptions, "in_order", lambda: [rule])
    monkeypatch.setattr("ordermgmt.exception_refresh.in_order", lambda: [rule])
    odd = NOW + MINUTE
    asked = []
    monkeypatch.setattr(Wrong, "causes", lambda self, now: asked.append(now) or [])
    for minutes in (0, 1, 2, 4, 6):
        refresh(now=odd + minutes * MINUTE)
    assert asked == [odd + minutes * MINUTE for minutes in (0, 2, 4, 6)]


def test_who_was_asked_longest_ago_looks_first(rule, monkeypatch):
    """A rule that takes all the time a run has is asked last the next time."""

    class Endless(Wrong):
        name = "test.endless"

        def causes(self, now):
            raise KeyboardInterrupt

    both = [Endless(), rule]
    monkeypatch.setattr("ordermgmt.exception_refresh.in_order", lambda: both)
    rule.found = {"OAT": ["SO-1"]}
    for minute in (0, 1):
        with pytest.raises(KeyboardInterrupt):
            refresh(now=NOW + minute * MINUTE)
    assert items("cause") == [("OAT",)]


def test_a_snooze_ends_at_its_time(rule):
    rule.found = {"OAT": ["SO-1"]}
    look(rule, now=NOW)
    ExceptionItem.objects.update(state=ExceptionState.SNOOZED, snoozed_until=NOW + 5 * MINUTE)
    look(rule, now=NOW + MINUTE)
    assert items("state") == [("snoozed",)]
    look(rule, now=NOW + 5 * MINUTE)
    assert items("state") == [("open",)]


def test_looks_cost_the_same_for_one_cause_and_for_many(rule, django_assert_num_queries):
    look(rule, now=NOW)
    rule.found = {"A": ["SO-1"]}
    with django_assert_num_queries(8):
        look(rule, now=NOW)
    rule.found = {f"C{n}": [f"SO-{n}{m}" for m in range(20)] for n in range(30)}
    look(rule, now=NOW + MINUTE)
    rule.found = {f"C{n}": [f"SO-{n}{m}" for m in range(1, 25)] for n in range(30)}
    with django_assert_num_queries(11):
        look(rule, now=NOW + 2 * MINUTE)
    rule.found = {}
    with django_assert_num_queries(10):
        look(rule, now=NOW + 3 * MINUTE)


def test_a_rule_that_fails_keeps_its_items_and_not_the_others(rule, monkeypatch):
    rule.found = {"OAT": ["SO-1"]}
    look(rule, now=NOW)

    class Faulty(Wrong):
        name = "test.faulty"

        def causes(self, now):
            raise ValueError("a column is gone")

    monkeypatch.setitem(exceptions.REGISTRY, "test.faulty", Faulty())
    ExceptionItemFactory(rule="test.faulty")
    rule.found = {}
    found = refresh(now=NOW + MINUTE)
    assert found.failed == {"test.faulty": "ValueError: a column is gone"}
    assert items("rule", "state") == [("test.wrong", "closed"), ("test.faulty", "open")]


def test_items_of_rules_that_are_no_more_are_closed():
    item = ExceptionItemFactory(rule="gone.rule", facts={})
    assert item.sentence == "gone.rule"
    assert close_retired(now=NOW) == 1
    item.refresh_from_db()
    assert item.ended_because == "nobody looks for this any more"


def test_two_rules_of_one_name_are_refused(rule):
    with pytest.raises(NameTaken):

        @exception_rule
        class Other(ExceptionRule):
            name = "job.failed"


def test_people_see_items_whose_rows_they_may_see(rule):
    ExceptionItemFactory(rule="job.failed")
    ExceptionItemFactory(rule="test.wrong")
    seen = ExceptionItem.objects.visible_to(UserFactory(role=Role.SUPPORT))
    assert [item.rule for item in seen] == ["test.wrong"]
    assert ExceptionItem.objects.visible_to(UserFactory(role=Role.ADMIN)).count() == 2


class TestOfTheFrame:
    """Each cause is planted, seen, mended and seen to close."""

    def test_a_job_that_fails_until_it_runs_again(self):
        failed = {"name": "send_messages", "state": JobState.FAILED}
        for minute in (1, 2):
            at = NOW + minute * MINUTE
            JobRunFactory(**failed, started_at=at, finished_at=at)
        refresh(now=NOW + 5 * MINUTE)
        item = ExceptionItem.objects.get()
        assert (item.sentence, item.since) == ("Send e-mails failed 2 times", NOW + MINUTE)
        JobRunFactory(name="send_messages", started_at=NOW + 6 * MINUTE)
        refresh(now=NOW + 7 * MINUTE)
        assert items("state") == [("closed",)]

    def test_broken_books_until_they_hold(self):
        BooksProofFactory(code="I01", checked_at=NOW - timedelta(days=1), holds=False, count=1)
        BooksProofFactory(code="I01", checked_at=NOW, holds=False, count=3)
        refresh(now=NOW)
        item = ExceptionItem.objects.get()
        assert (item.count, item.since) == (3, NOW - timedelta(days=1))
        BooksProofFactory(code="I01", checked_at=NOW + MINUTE, holds=True)
        refresh(now=NOW + MINUTE)
        assert items("state") == [("closed",)]

    def test_messages_given_up_until_they_are_sent(self):
        rows = [OutgoingMessageFactory(state=MessageState.DEAD, dead_at=NOW) for _ in range(2)]
        refresh(now=NOW)
        item = ExceptionItem.objects.get()
        assert item.sentence == "2 messages order_confirmation were not sent"
        assert set(item.subjects.values_list("number", flat=True)) == {row.about for row in rows}
        for row in rows:
            row.state, row.dead_at = MessageState.SENT, None
            row.save()
        refresh(now=NOW + MINUTE)
        assert items("state") == [("closed",)]
