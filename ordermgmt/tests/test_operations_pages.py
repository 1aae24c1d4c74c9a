"""Pages for people who keep the portal running."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django_q.models import OrmQ
from django_q.signing import SignedPackage

from ordermgmt import jobs
from ordermgmt.factories import NOW, BooksProofFactory, JobRunFactory, OutgoingMessageFactory, UserFactory
from ordermgmt.models import Activity, JobRun, JobState, MessageState, OutgoingMessage
from ordermgmt.roles import Role

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(client):
    client.force_login(UserFactory(role=Role.ADMIN), backend="ordermgmt.access.RoleBackend")
    return client


@pytest.fixture
def support(client):
    client.force_login(UserFactory(role=Role.SUPPORT), backend="ordermgmt.access.RoleBackend")
    return client


def text(answer):
    return answer.content.decode()


def test_jobs_show_last_run_failure_and_what_was_given_up(admin):
    JobRunFactory(summary={"done": 7})
    JobRunFactory(name="check_books", state=JobState.FAILED, error="Traceback …\nBooksBroken: I01")
    OutgoingMessageFactory(dead_at=NOW, due_at=None, last_error="550 nobody <b>here</b>")
    page = text(admin.get("/jobs/"))
    assert "7 done" in page
    assert "BooksBroken: I01" in page
    assert "550 nobody &lt;b&gt;here&lt;/b&gt;" in page
    assert "Daily at 02:30" in page


def test_a_running_job_shows_its_progress(admin):
    JobRunFactory(state=JobState.RUNNING, finished_at=None, done=3, total=10)
    assert 'value="3" max="10"' in text(admin.get("/jobs/rows/"))


def test_same_number_of_queries_with_more_rows(admin, django_assert_num_queries, django_assert_max_num_queries):
    JobRunFactory(state=JobState.FAILED, error="x")
    OutgoingMessageFactory(dead_at=NOW, due_at=None)
    admin.get("/jobs/")
    with django_assert_max_num_queries(40) as first:
        admin.get("/jobs/")
    for _ in range(3):
        JobRunFactory(state=JobState.FAILED, error="x")
        OutgoingMessageFactory(dead_at=NOW, due_at=None)
    with django_assert_num_queries(len(first)):
        admin.get("/jobs/")


def test_an_admin_runs_a_job_as_of_a_day(admin):
    answer = admin.post("/jobs/run/", {"name": "send_messages", "as_of": "2026-03-01T08:00"})
    assert answer.headers["Location"] == "/jobs/"
    run = JobRun.objects.get()
    assert run.as_of.isoformat() == "2026-03-01T07:00:00+00:00"
    assert SignedPackage.loads(OrmQ.objects.get().payload)["args"] == (run.pk,)
    assert Activity.objects.get().verb == "run_job"
    assert jobs.run_asked(run.pk) == {}


@pytest.mark.parametrize("data", [{"name": "os.system"}, {}, {"name": "send_messages", "as_of": "soon"}])
def test_a_wrong_wish_is_explained(admin, data):
    assert admin.post("/jobs/run/", data).status_code == 422
    assert not JobRun.objects.exists()


def test_what_was_given_up_is_tried_again_once(admin):
    row = OutgoingMessageFactory(dead_at=NOW, due_at=None, state=MessageState.DEAD, attempts=8)
    url = reverse("job_retry", args=["ordermgmt.outgoingmessage", row.pk])
    admin.post(url)
    row.refresh_from_db()
    assert (row.state, row.dead_at, row.attempts) == (MessageState.WAITING, None, 0)
    assert "somebody tried it again already" in text(admin.post(url, follow=True))
    assert admin.post(reverse("job_retry", args=["auth.user", 1])).status_code == 302


def test_one_run_shows_its_whole_error(admin):
    run = JobRunFactory(state=JobState.FAILED, error="Traceback\n" + "x" * 5000)
    assert "x" * 5000 in text(admin.get(f"/jobs/runs/{run.pk}/"))
    assert admin.get("/jobs/runs/987654/").status_code == 404


def test_support_may_not_open_jobs_or_books(support):
    for url in ("/jobs/", "/jobs/rows/", "/books/"):
        assert support.get(url).status_code == 403
    assert support.post("/jobs/run/", {"name": "send_messages"}).status_code == 403


def test_books_show_what_breaks_them(admin):
    BooksProofFactory(code="I36", checked_at=NOW - timedelta(days=1))
    BooksProofFactory(code="I36", holds=False, count=2, rows=[{"record": "<SO-1>"}])
    page = text(admin.get("/books/"))
    assert "1 invariant does not hold." in page
    assert "&lt;SO-1&gt;" in page
    assert "Not proved yet" in page
    admin.post("/books/prove/")
    assert JobRun.objects.get().name == "check_books"


def test_the_list_of_messages_filters(support):
    OutgoingMessageFactory(about="SO-1", state=MessageState.SENT, due_at=None)
    OutgoingMessageFactory(about="SO-2")
    page = text(support.get("/messages/?state=waiting"))
    assert "SO-2" in page
    assert "SO-1<" not in page


def test_a_message_is_shown_as_it_looks_without_power(support):
    row = OutgoingMessageFactory(html="<p>Hello</p><script>alert(1)</script>")
    page = support.get(f"/messages/{row.pk}/")
    assert "frame-src 'self'" in page.headers["Content-Security-Policy"]
    assert '<iframe class="preview" sandbox ' in text(page)
    html = support.get(f"/messages/{row.pk}/html/")
    policy = html.headers["Content-Security-Policy"]
    assert "script-src 'none'" in policy
    assert "sandbox" in policy
    assert html.headers["X-Frame-Options"] == "SAMEORIGIN"


def test_a_dead_message_is_sent_again_as_itself(support):
    row = OutgoingMessageFactory(state=MessageState.DEAD, dead_at=NOW, due_at=None, attempts=8)
    support.post(f"/messages/{row.pk}/resend/")
    row.refresh_from_db()
    assert (row.state, row.attempts) == (MessageState.WAITING, 0)
    assert Activity.objects.get().thread == row.thread


def test_a_sent_message_is_sent_again_as_a_copy(support):
    row = OutgoingMessageFactory(about="SO-7", state=MessageState.SENT, due_at=None, sent_at=NOW, message_id="<a@b>")
    support.post(f"/messages/{row.pk}/resend/")
    copy = OutgoingMessage.objects.exclude(pk=row.pk).get()
    assert (copy.about, copy.text, copy.state) == ("SO-7 #2", row.text, MessageState.WAITING)
    copy_of_copy = OutgoingMessage.objects.filter(pk=copy.pk)
    copy_of_copy.update(state=MessageState.SENT, due_at=None)
    support.post(f"/messages/{copy.pk}/resend/")
    assert OutgoingMessage.objects.filter(about="SO-7 #3").exists()


@pytest.mark.parametrize(("facts", "words"), [({}, "has not left yet"), ({"state": "withdrawn", "recipient": ""}, "no e-mail address")])  # fmt: skip
def test_what_cannot_be_sent_again_says_why(support, facts, words):
    row = OutgoingMessageFactory(**facts)
    assert words in text(support.post(f"/messages/{row.pk}/resend/", follow=True))


def test_a_code_for_the_customer_is_not_shown_to_staff(support):
    row = OutgoingMessageFactory(kind="order_code", text="Your code is 493817", html="<p>493817</p>")
    assert "493817" not in text(support.get(reverse("message_detail", args=[row.pk])))
    assert support.get(reverse("message_html", args=[row.pk])).status_code == 404
