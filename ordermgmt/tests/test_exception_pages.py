"""P22: the queues and their counts, the four decisions, who may do what, and that what is shown is what is counted."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from ordermgmt import exceptions
from ordermgmt.actions import exceptions as deeds
from ordermgmt.blocking import Fix
from ordermgmt.exception_forms import snooze_end
from ordermgmt.exceptions import ExceptionRule, Row
from ordermgmt.factories import NOW, ExceptionItemFactory, UserFactory
from ordermgmt.models import Activity, ExceptionItem, ExceptionState
from ordermgmt.roles import Role

pytestmark = [pytest.mark.django_db, pytest.mark.counts_exceptions]
LIST = "/exceptions/"


class Late(ExceptionRule):
    name = "test.late"
    title = "Late orders"
    tone = "bad"

    def causes(self, now):
        return ()

    def sentence(self, item):
        return f"{item.count} orders of {item.cause} are late"

    def why(self, item):
        return "The carrier did not come."

    def rows_url(self, item):
        return "/orders/?due=late"

    def rows(self, item, now):
        return [Row("SO-1", "/orders/SO-1/", "It was to leave on 2 Nov", "€12.40")]

    def fixes(self, item):
        return [
            Fix("Ship them", "/waves/new/", permission="fulfilment.release", effect="All leave today"),
            Fix("Edit address", "/orders/SO-1/address/", permission="orders.edit"),
        ]


@pytest.fixture(autouse=True)
def _rule(monkeypatch):
    monkeypatch.setitem(exceptions.REGISTRY, "test.late", Late())


@pytest.fixture
def ana(client):
    person = UserFactory(role=Role.SUPPORT, name="Ana Berg")
    client.force_login(person, backend="ordermgmt.access.RoleBackend")
    return person


def item(cause="Malmö", **facts):
    at = timezone.now()
    now = {"since": at, "opened_at": at, "seen_at": at, "target_at": at + timedelta(hours=4)}
    return ExceptionItemFactory(rule="test.late", cause=cause, count=3, **{**now, **facts})


def page(client, address=LIST):
    return client.get(address, follow=True).content.decode()


def post(client, one, deed, **data):
    return client.post(reverse(f"exception_{deed}", args=[one.pk]), data, follow=True)


def state(one):
    one.refresh_from_db()
    return one.state


class TestTheList:
    def test_a_clear_inbox_says_what_was_solved(self, client, ana):
        assert "Inbox is clear." in page(client)
        at = timezone.now()
        item(state=ExceptionState.CLOSED, closed_at=at, opened_at=at - timedelta(minutes=22), ending={"sentence": "x"})
        assert "1 solved today, median 22" in page(client)

    def test_its_own_queue_is_shown_and_the_number_in_the_rail_is_that_of_the_list(self, client, ana):
        item("A"), item("B"), item("C", owner_role=Role.LEAD), item("D", person=ana)
        html = page(client)
        assert 'data-total="3"' in html
        assert html.count('class="inbox-line"') == 3
        assert 'Exceptions <span class="count">3</span>' in html
        assert 'Warehouse <span class="count">1</span>' in html
        assert 'Mine <span class="count">1</span>' in html
        assert 'All <span class="count">4</span>' in html

    def test_past_target_comes_first_then_money(self, client, ana):
        late = timezone.now() - timedelta(hours=1)
        item("cheap", worth=10, amounts={"EUR": "10"}), item("dear", worth=500, amounts={"EUR": "500"})
        item("late", target_at=late)
        html = page(client)
        assert html.index("of late") < html.index("of dear") < html.index("of cheap")
        assert "past target" in html
        assert "€500.00" in html

    def test_snoozed_dismissed_and_solved_have_tabs_of_their_own(self, client, ana):
        item("S", state=ExceptionState.SNOOZED, snoozed_until=timezone.now() + timedelta(hours=1))
        item("D", state=ExceptionState.DISMISSED, dismissed_at=NOW, dismiss_reason="known", dismissed_by="Tom")
        ended = {"sentence": "stock received {at}", "facts": {"at": "13:40"}}
        item("X", state=ExceptionState.CLOSED, closed_at=timezone.now(), ending=ended)
        assert "of S are late" in page(client, f"{LIST}?view=snoozed")
        assert "Known, nothing to do" in page(client, f"{LIST}?view=dismissed")
        assert "Closed by itself: stock received 13:40." in page(client, f"{LIST}?view=solved")
        for view in ("mine", "support", "all", "nonsense"):
            assert "of S are late" not in page(client, f"{LIST}?view={view}")

    def test_the_same_number_of_statements_for_one_and_for_many(self, client, ana, django_assert_num_queries):
        item("A", person=ana)
        page(client)
        with django_assert_num_queries(11):
            client.get(LIST)
        for nth in range(3):
            item(f"B{nth}", person=UserFactory(role=Role.SUPPORT))
        with django_assert_num_queries(11):
            client.get(LIST)

    def test_pages_of_fifty(self, client, ana):
        for nth in range(52):
            item(f"N{nth}")
        html = page(client)
        assert (html.count('class="inbox-line"'), "page=2" in html) == (50, True)
        assert page(client, f"{LIST}?page=2").count('class="inbox-line"') == 2


class TestAnItem:
    def test_it_says_what_since_when_whose_and_how_it_is_mended(self, client, ana):
        item("A", state=ExceptionState.CLOSED, closed_at=NOW, ending={"sentence": "stock received"})
        one = item("A")
        html = page(client, f"{LIST}{one.pk}/")
        for words in ("3 orders of A are late", "The carrier did not come.", "Solved:", "stock received", "SO-1"):
            assert words in html
        assert '<a data-drill href="/orders/?due=late">3</a>' in html
        assert "Your role may not do this; hand it over" in html
        assert html.index("Edit address") < html.index("Ship them")

    def test_what_one_may_not_see_is_not_there(self, client, ana):
        hidden = ExceptionItemFactory(rule="job.failed")
        assert client.get(f"{LIST}{hidden.pk}/").status_code == 404
        assert post(client, hidden, "dismiss", reason="known").status_code == 404
        assert state(hidden) == ExceptionState.OPEN

    def test_operators_have_no_inbox(self, client):
        client.force_login(UserFactory(role=Role.OPERATOR), backend="ordermgmt.access.RoleBackend")
        assert client.get(LIST).status_code == 403


class TestDecisions:
    def test_a_fix_is_gone_to_and_the_item_is_theirs(self, client, ana):
        one = item()
        answer = client.post(reverse("exception_fix", args=[one.pk]), {"nth": "1"})
        assert answer["Location"] == "/orders/SO-1/address/"
        one.refresh_from_db()
        assert one.person == ana
        assert Activity.objects.of(one.number).get().text == "Tries: Edit address"

    def test_a_fix_that_is_refused_or_unknown_changes_nothing(self, client, ana):
        one = item()
        for nth in ("0", "7", "x"):
            post(client, one, "fix", nth=nth)
        one.refresh_from_db()
        assert one.person is None

    def test_handed_over_to_a_role_and_taken_back(self, client, ana):
        one, other = item("A"), item("B")
        answer = post(client, one, "hand_over", to="lead", note="Look at bay 3", next=other.pk, view="support")
        assert answer.redirect_chain[-1][0] == f"{LIST}{other.pk}/?view=support"
        one.refresh_from_db()
        assert one.owner_role == Role.LEAD
        line = Activity.objects.of(one.number).get()
        assert line.text == "Handed over to Warehouse lead: Look at bay 3"
        undo = reverse("exception_undo", args=[one.pk, line.pk])
        assert undo in answer.content.decode()
        client.post(undo)
        one.refresh_from_db()
        assert one.owner_role == Role.SUPPORT
        client.post(undo)
        assert Activity.objects.of(one.number).first().verb == "exception.undone"
        assert Activity.objects.of(one.number).count() == 2

    def test_it_is_not_handed_to_a_queue_that_cannot_see_it(self, client, ana, monkeypatch):
        """There nobody would find it any more."""
        one = item()
        monkeypatch.setattr(Late, "permission", "orders.edit")
        page = client.get(reverse("exception", args=[one.pk])).content.decode()
        assert ('value="manager"' in page, 'value="lead"' in page, 'value="finance"' in page) == (True, False, False)
        for to in ("lead", "finance", "operator"):
            post(client, one, "hand_over", to=to)
        one.refresh_from_db()
        assert one.owner_role == Role.SUPPORT
        with pytest.raises(deeds.MayNotWorkOnIt):
            deeds.hand_over(one.pk, by=ana, now=NOW, role=Role.OPERATOR)

    def test_handed_over_to_a_person_who_may_see_it(self, client, ana):
        one, tom = item(), UserFactory(role=Role.FINANCE)
        post(client, one, "hand_over", to=UserFactory(role=Role.OPERATOR).pk)
        one.refresh_from_db()
        assert one.person is None
        post(client, one, "hand_over", to=tom.pk)
        one.refresh_from_db()
        assert one.person == tom

    def test_dismissed_with_a_reason_and_taken_back(self, client, ana):
        one = item()
        post(client, one, "dismiss")
        assert state(one) == ExceptionState.OPEN
        post(client, one, "dismiss", reason="wrong", words="Ships tomorrow anyway")
        assert (state(one), one.dismissed_by) == (ExceptionState.DISMISSED, "Ana Berg")
        line = Activity.objects.of(one.number).get()
        assert line.text == "Dismissed: The rule is wrong. Ships tomorrow anyway"
        client.post(reverse("exception_undo", args=[one.pk, line.pk]))
        assert (state(one), one.dismissed_at) == (ExceptionState.OPEN, None)

    def test_snoozed_and_brought_back(self, client, ana):
        one = item()
        post(client, one, "snooze", until="never")
        assert state(one) == ExceptionState.OPEN
        post(client, one, "snooze", until="tomorrow")
        assert state(one) == ExceptionState.SNOOZED
        post(client, one, "bring_back")
        assert (state(one), one.snoozed_until) == (ExceptionState.OPEN, None)

    def test_snoozes_end_when_they_say(self):
        assert snooze_end("hour", NOW) == NOW + timedelta(hours=1)
        assert snooze_end("tomorrow", NOW).isoformat() == "2026-11-17T08:00:00+01:00"
        assert snooze_end("monday", NOW).isoformat() == "2026-11-23T08:00:00+01:00"
        with pytest.raises(deeds.BadMoment):
            deeds.snooze(item().pk, until=NOW - timedelta(minutes=1), by=UserFactory(), now=NOW)

    def test_what_closed_meanwhile_is_said(self, client, ana):
        one = item(state=ExceptionState.CLOSED, closed_at=NOW, ending={"sentence": "stock received"})
        for deed, data in (("dismiss", {"reason": "known"}), ("take", {}), ("snooze", {"until": "hour"})):
            assert "It closed by itself meanwhile: stock received." in post(client, one, deed, **data).content.decode()
        assert state(one) == ExceptionState.CLOSED


class TestClaims:
    def test_taken_given_back_and_respected(self, client, ana):
        one, tom = item(), UserFactory(role=Role.SUPPORT, name="Tom Ek")
        post(client, one, "take")
        one.refresh_from_db()
        assert one.person == ana
        with pytest.raises(deeds.TakenBySomebody, match="Ana Berg has this"):
            deeds.dismiss(one.pk, reason="known", by=tom, now=timezone.now())
        with pytest.raises(deeds.TakenBySomebody):
            deeds.take_exception(one.pk, by=tom, now=timezone.now(), takes_over=True)
        post(client, one, "let_go")
        one.refresh_from_db()
        assert one.person is None

    def test_a_lead_takes_over_at_once_and_others_after_a_while(self, ana):
        one, tom, lead = item(), UserFactory(role=Role.SUPPORT), UserFactory(role=Role.LEAD)
        at = timezone.now()
        deeds.take_exception(one.pk, by=ana, now=at)
        assert deeds.take_exception(one.pk, by=lead, now=at, takes_over=True).person == lead
        assert deeds.take_exception(one.pk, by=tom, now=at + deeds.IDLE, takes_over=True).person == tom


def test_the_report_of_what_is_dismissed(client, ana):
    for nth in range(4):
        item(f"A{nth}", **({"dismissed_at": NOW, "dismiss_reason": "wrong"} if nth < 2 else {}))
    html = page(client, f"{LIST}rules/")
    assert "Late orders" in html
    assert "The rule is wrong: 2" in html
    assert "50" in html


def test_every_page_shows_the_number_once_in_half_a_minute(client, ana, django_assert_num_queries):
    item()
    assert 'Exceptions <span class="count">1</span>' in page(client, "/help/")
    item("B")
    assert 'Exceptions <span class="count">1</span>' in page(client, "/help/")
    page(client)
    assert 'Exceptions <span class="count">2</span>' in page(client, "/help/")
    assert ExceptionItem.objects.count() == 2
