"""Lists: pages by key, filters, saved views, columns, export."""

from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import pytest
from django.db import connection
from django.http import HttpRequest, HttpResponseBase
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import include, path
from django_filters import BooleanFilter, CharFilter, ChoiceFilter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ordermgmt.access import staff_page
from ordermgmt.listing import Column, Empty, ListFilters, ListPage, View
from ordermgmt.listing.columns import safe_cell
from ordermgmt.listing.counting import Total, totals_of
from ordermgmt.listing.keyset import read_cursor, read_slice
from ordermgmt.models import Activity, JobRun, RoleGrant, SavedView, User
from ordermgmt.roles import Role

NOW = datetime(2026, 11, 23, 14, tzinfo=UTC)


class RunFilters(ListFilters):
    q = CharFilter(field_name="name", lookup_expr="icontains", label="Words")
    state = ChoiceFilter(choices=[("done", "Done"), ("failed", "Failed")], label="State")
    open = BooleanFilter(field_name="finished_at", lookup_expr="isnull", label="Still open")

    class Meta:
        model = JobRun
        fields: ClassVar = ["q", "state", "open"]


class RunList(ListPage):
    name = "runs"
    title = "Runs"
    filterset = RunFilters
    columns = (
        Column("name", "Job", sort="name"),
        Column("state", "State"),
        Column("finished_at", "Finished", sort="finished", css="low"),
        Column("error", "Error", default=False),
    )
    sorts = {"name": ("name", "id"), "finished": ("finished_at", "id")}
    default_sort = "name"
    views = (View("all", "All"), View("failed", "Failed", "state=failed"))
    empty = Empty("No job has run yet", "Runs appear here.")
    export_permission = "orders.export"

    def row_url(self, row: Any) -> str:
        return f"/runs/{row.pk}/"


@staff_page()
def run_list(request: HttpRequest) -> HttpResponseBase:
    return RunList(request, JobRun.objects.all(), now=NOW).response()


urlpatterns = [path("runs/", run_list), path("", include("ordermgmt.urls"))]


def run(name: str, *, finished: int | None = 0, **facts: Any) -> JobRun:
    at = NOW - timedelta(minutes=finished or 0)
    return JobRun.objects.create(
        name=name, as_of=at, started_at=at, beat_at=at, finished_at=None if finished is None else at, **facts
    )


def person(role: str, email: str = "ana@example.com") -> User:
    user = User.objects.create_user(email, name="Ana Lind")
    RoleGrant.objects.create(user=user, role=role)
    return user


@pytest.fixture
def ana() -> User:
    return person(Role.SUPPORT)


@pytest.fixture
def signed_in(client: Client, ana: User) -> Client:
    client.force_login(ana)
    return client


def names(page: Any) -> list[str]:
    return [row.name for row in page.rows]


# Pages by key ------------------------------------------------------------------------------------
@pytest.mark.django_db
@given(
    finished=st.lists(st.one_of(st.none(), st.integers(0, 4)), min_size=1, max_size=12),
    size=st.integers(1, 5),
    order=st.sampled_from([("finished_at", "id"), ("-finished_at", "-id"), ("name", "-finished_at", "id"), ("-id",)]),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_pages_show_every_row_once_in_both_directions(
    finished: list[int | None], size: int, order: tuple[str, ...]
) -> None:
    JobRun.objects.all().delete()
    for number, minutes in enumerate(finished):
        run(f"job {number % 3}", finished=minutes or 0 if order[0] == "name" else minutes)
    rows = JobRun.objects.all()
    forwards, page = [], read_slice(rows, order, size)
    pages = [page]
    while page.next:
        page = read_slice(rows, order, size, read_cursor(page.next, rows, order, backwards=False))
        pages.append(page)
    forwards = [row.pk for page in pages for row in page.rows]
    assert sorted(forwards) == sorted(rows.values_list("pk", flat=True))
    assert [page.start for page in pages] == [size * n for n in range(len(pages))]
    for earlier, later in zip(reversed(pages[:-1]), reversed(pages[1:]), strict=True):
        back = read_slice(rows, order, size, read_cursor(later.previous, rows, order, backwards=True))
        assert [row.pk for row in back.rows] == [row.pk for row in earlier.rows]
        assert back.start == earlier.start


@pytest.mark.django_db
def test_a_row_added_before_the_page_moves_nothing() -> None:
    for letter in "bcde":
        run(letter)
    rows = JobRun.objects.all()
    first = read_slice(rows, ("name", "id"), 2)
    run("a")
    second = read_slice(rows, ("name", "id"), 2, read_cursor(first.next, rows, ("name", "id"), backwards=False))
    assert names(first) + names(second) == ["b", "c", "d", "e"]


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["", "x", "bm9uc2Vuc2U", "WzAsWyJhIl1d", "é", "W251bGwsWyJhIiwxXV0"])
def test_a_broken_cursor_is_no_cursor(text: str) -> None:
    assert read_cursor(text, JobRun.objects.all(), ("name", "id"), backwards=False) is None


@pytest.mark.django_db
def test_several_totals_in_one_statement(django_assert_num_queries: Any) -> None:
    run("a", state="done")
    run("b", state="failed")
    rows = JobRun.objects.all()
    with django_assert_num_queries(1):
        found = totals_of({"all": rows, "failed": rows.filter(state="failed"), "none": rows.none()})
    assert found == {"all": Total(2), "failed": Total(1), "none": Total(0)}


def test_totals_beyond_the_limit_say_so() -> None:
    assert str(Total.of(10_000)) == "10,000"
    assert str(Total.of(10_001)) == "10,000+"


# The page ----------------------------------------------------------------------------------------
pytestmark = pytest.mark.urls(__name__)


@pytest.mark.django_db
def test_rows_total_and_links(signed_in: Client) -> None:
    first = run("allocate", state="done")
    page = signed_in.get("/runs/").content.decode()
    assert 'data-total="1"' in page
    assert f'data-href="/runs/{first.pk}/"' in page
    assert "sorted by job" in page


@pytest.mark.django_db
def test_view_filters_and_a_blank_takes_them_back(signed_in: Client) -> None:
    run("good", state="done")
    run("bad", state="failed")
    assert "good" not in signed_in.get("/runs/?view=failed").content.decode()
    assert "good" in signed_in.get("/runs/?view=failed&state=").content.decode()
    assert 'data-total="2"' in signed_in.get("/runs/?view=failed&state=&colour=red&page=99").content.decode()


@pytest.mark.django_db
def test_a_filter_is_a_chip_that_can_be_removed(signed_in: Client) -> None:
    run("good", state="done")
    page = signed_in.get("/runs/?state=done&sort=finished").content.decode()
    assert "State: Done" in page
    assert 'href="/runs/?sort=finished"' in page


@pytest.mark.django_db
def test_a_value_that_makes_no_sense_is_named_and_left_out(signed_in: Client) -> None:
    run("good", state="done")
    page = signed_in.get("/runs/?state=purple").content.decode()
    assert "left out" in page
    assert 'data-total="1"' in page


@pytest.mark.django_db
def test_empty_says_which_kind(signed_in: Client) -> None:
    assert "No job has run yet" in signed_in.get("/runs/").content.decode()
    run("good", state="done")
    page = signed_in.get("/runs/?q=zzz").content.decode()
    assert "Nothing matches zzz." in page
    assert "Clear filters" in page
    assert "Nothing in “Failed” now." in signed_in.get("/runs/?view=failed").content.decode()


@pytest.mark.django_db
def test_fragment_for_htmx(signed_in: Client) -> None:
    run("good", state="done")
    response = signed_in.get("/runs/?q=go&state=", headers={"HX-Request": "true", "HX-Target": "list"})
    assert "<html" not in response.content.decode()
    assert response["HX-Replace-Url"] == "/runs/?q=go"
    assert response["HX-Trigger"] == '{"announce": "1 row"}'


@pytest.mark.django_db
def test_same_queries_for_one_and_three_rows(signed_in: Client) -> None:
    counts = []
    for name in ("a", "b", "c"):
        run(name)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            signed_in.get("/runs/?sort=finished")
        counts.append(len(queries))
    assert counts[0] == counts[2]
    assert counts[0] <= 8


@pytest.mark.django_db
def test_next_and_previous_walk_the_list(signed_in: Client) -> None:
    for number in range(60):
        run(f"job {number:02}")
    first = signed_in.get("/runs/?size=25").content.decode()
    assert "1–25 of 60" in first
    after = first.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    second = signed_in.get(after).content.decode()
    assert "26–50 of 60" in second
    assert "job 25" in second
    assert "job 24" not in second


@pytest.mark.django_db
def test_chosen_columns(signed_in: Client) -> None:
    run("good", state="done", error="Disk full")
    assert "Disk full" not in signed_in.get("/runs/").content.decode()
    page = signed_in.get("/runs/?columns=error").content.decode()
    assert "Disk full" in page
    assert "Finished</a></th>" not in page


# Saved views -------------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_save_rename_remove_and_bring_back(client: Client) -> None:
    client.force_login(person(Role.SUPPORT))
    run("bad", state="failed")
    assert "Save view" in client.get("/runs/?state=failed").content.decode()
    assert client.post("/runs/?state=failed", {"do": "save_view", "name": "All"}).url == "/runs/?view=all-2"
    assert SavedView.objects.get().query == "state=failed"
    page = client.get("/runs/?view=all-2").content.decode()
    assert "Change view" in page
    client.post("/runs/", {"do": "rename_view", "slug": "all-2", "name": "Broken"})
    client.post("/runs/", {"do": "archive_view", "slug": "all-2"})
    page = client.get("/runs/").content.decode()
    assert "?view=all-2" not in page
    assert "do=restore_view&amp;slug=all-2" in page
    client.post("/runs/?do=restore_view&slug=all-2")
    assert "Broken" in client.get("/runs/").content.decode()
    assert set(Activity.objects.values_list("verb", flat=True)) == {
        "view.saved",
        "view.renamed",
        "view.archived",
        "view.restored",
    }


@pytest.mark.django_db(transaction=True)
def test_only_sharers_share_and_nobody_touches_anothers_view(client: Client) -> None:
    client.force_login(person(Role.SUPPORT))
    client.post("/runs/?state=failed", {"do": "save_view", "name": "Mine", "audience": "everyone"})
    assert SavedView.objects.get().owner is not None
    client.force_login(person(Role.MANAGER, "max@example.com"))
    assert "view=mine" not in client.get("/runs/").content.decode()
    client.post("/runs/", {"do": "archive_view", "slug": "mine"})
    assert SavedView.objects.get().archived_at is None
    client.post("/runs/?state=failed", {"do": "save_view", "name": "Team", "audience": "support"})
    assert SavedView.objects.get(slug="team").role == "support"


# Export ------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_export_is_quoted_logged_and_follows_the_filters(signed_in: Client) -> None:
    run("=1+1", state="done")
    run("other", state="failed")
    response = signed_in.post("/runs/?state=done", {"do": "export"})
    lines = b"".join(response.streaming_content).decode("utf-8-sig").splitlines()
    assert lines[0] == "Job,State,Finished"
    assert lines[1].startswith("'=1+1,Done,2026-11-23T14:00:00")
    assert len(lines) == 2
    assert Activity.objects.get(verb="list.exported").facts["rows"] == "1"


@pytest.mark.django_db
def test_export_needs_the_permission(client: Client) -> None:
    client.force_login(person(Role.OPERATOR))
    run("a")
    assert 'value="export"' not in client.get("/runs/").content.decode()
    assert client.post("/runs/", {"do": "export"}).status_code == 403


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("=cmd", "'=cmd"),
        ("+46", "'+46"),
        ("-1", "-1"),
        ("@x", "'@x"),
        ("\tx", "'\tx"),
        (-1, "-1"),
        ("a=b", "a=b"),
        (None, ""),
    ],
)
def test_cells_never_run(value: Any, cell: str) -> None:
    assert safe_cell(value) == cell


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1+cmd",
        "-2+3",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        " =1+1",
        "\u00a0=1",
        "\uff1d1+1",
        "\uff0b1",
        "\uff0d1",
        "\uff20A",
        "+46701234567",
    ],
)
def test_no_cell_of_an_export_runs(text):
    assert safe_cell(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "-5", "-12.40", "1-2", "a=b", "Oat drink – 1 l"])
def test_plain_text_and_numbers_stay_as_they_are(text):
    assert safe_cell(text) == text
