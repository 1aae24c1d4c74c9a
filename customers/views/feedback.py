"""P30: what customers say of their orders, and what we answer."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any, ClassVar

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST
from django_filters import CharFilter, ChoiceFilter, DateFromToRangeFilter, MultipleChoiceFilter

from customers.actions.feedback import (
    FeedbackRefused,
    answer_feedback,
    reopen_feedback,
    settle_feedback,
)
from customers.feedback_forms import AnswerForm
from customers.models import Feedback, FeedbackReason
from customers.states import FeedbackStatus
from ordermgmt.access import StaffRequest, staff_page
from ordermgmt.clock import business_day, business_zone
from ordermgmt.listing import Column, Empty, ListFilters, ListPage, View
from ordermgmt.models import OutgoingMessage
from ordermgmt.templatetags.portal import state_tag

WEEKS = 6
MAY_SEE = ("reports.view", "customers.edit")


class FeedbackFilters(ListFilters):
    q = CharFilter(method="find", label=gettext_lazy("Words"))
    score = MultipleChoiceFilter(choices=[(str(n), str(n)) for n in range(1, 6)], label=gettext_lazy("Score"))
    status = ChoiceFilter(choices=FeedbackStatus.choices, label=gettext_lazy("State"))
    reason = ChoiceFilter(choices=FeedbackReason.choices, method="because", label=gettext_lazy("Reason"))
    product = CharFilter(field_name="contents", lookup_expr="icontains", label=gettext_lazy("Product"))
    given_at = DateFromToRangeFilter(label=gettext_lazy("Answered"))

    class Meta:
        model = Feedback
        fields: ClassVar = ["q", "score", "status", "reason", "product", "given_at"]

    def find(self, rows: QuerySet[Feedback], name: str, value: str) -> QuerySet[Feedback]:
        return (
            rows.filter(comment__icontains=value)
            | rows.filter(order_number__iexact=value)
            | rows.filter(customer__name__icontains=value)
        )

    def because(self, rows: QuerySet[Feedback], name: str, value: str) -> QuerySet[Feedback]:
        """The stored list as text: each reason stands in quotation marks, on every database."""
        return rows.filter(reasons__icontains=f'"{value}"')


def _said(row: Feedback) -> str:
    words = [", ".join(row.reason_words), row.comment]
    return " · ".join(part for part in words if part)[:160] or "–"


class FeedbackList(ListPage):
    name = "feedback"
    title = gettext_lazy("Feedback")
    filterset = FeedbackFilters
    template = "customers/feedback_list.html"
    columns = (
        Column("score", gettext_lazy("Score"), css="num"),
        Column("comment", gettext_lazy("What they say"), cell=_said, css="grow"),
        Column("order_number", gettext_lazy("Order"), css="id"),
        Column(
            "contents", gettext_lazy("Products"), cell=lambda row: Truncator(row.contents).chars(40), css="low products"
        ),
        Column("customer", gettext_lazy("Customer"), css="low nowrap"),
        Column("status", gettext_lazy("State"), cell=state_tag, css="nowrap"),
        Column("given_at", gettext_lazy("Answered"), sort="given", css="low nowrap"),
    )
    sorts = {"given": ("given_at", "id")}
    default_sort = "-given"
    views = (
        View("open", gettext_lazy("To answer"), "status=given"),
        View("low", gettext_lazy("1 and 2"), "status=given&score=1&score=2"),
        View("told", gettext_lazy("Fixed, told customer"), "status=told"),
        View("all", gettext_lazy("All")),
    )
    empty = Empty(
        gettext_lazy("Nobody has answered yet"),
        gettext_lazy("Customers are asked three days after their order arrived. What they say appears here."), icon="star",
    )  # fmt: skip

    def extra_context(self) -> dict[str, Any]:
        return {"weeks": weeks_of_scores(self.now)}


@staff_page(*MAY_SEE)
def feedback_list(request: HttpRequest) -> HttpResponseBase:
    return FeedbackList(request, Feedback.objects.given().select_related("customer")).response()


def weeks_of_scores(now: datetime) -> list[dict[str, Any]]:
    """The last weeks with their scores, the newest first; from the rows of these weeks alone."""
    monday = business_day(now) - timedelta(days=business_day(now).weekday())
    first = monday - timedelta(weeks=WEEKS - 1)
    since = datetime.combine(first, datetime.min.time(), tzinfo=business_zone())
    rows = Feedback.objects.given().filter(given_at__gte=since).values_list("given_at", "score")
    found: dict[date, list[int]] = {monday - timedelta(weeks=n): [] for n in range(WEEKS)}
    for at, score in rows:
        if at and score:
            day = business_day(at)
            found[day - timedelta(days=day.weekday())].append(score)
    return [_week(day, scores) for day, scores in found.items()]


def _week(day: date, scores: list[int]) -> dict[str, Any]:
    counts = [scores.count(n) for n in range(5, 0, -1)]
    mean = round(sum(scores) / len(scores), 1) if scores else None
    last = day + timedelta(days=6)
    url = f"{reverse('feedback_list')}?view=all&given_at_after={day}&given_at_before={last}"
    return {"day": day, "n": len(scores), "mean": mean, "counts": counts, "url": url}


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(*MAY_SEE)
def feedback(request: StaffRequest, pk: int) -> HttpResponse:
    """One answer with its order and the mails about it; a POST answers it by mail."""
    row = get_object_or_404(Feedback.objects.select_related("customer"), pk=pk)
    may_answer = request.user.has_perm("customers.edit")
    form = AnswerForm(request.POST if request.method == "POST" and may_answer else None)
    if form.is_bound and form.is_valid():
        try:
            answer_feedback(pk, form.cleaned_data["text"], by=request.user, now=timezone.now())
        except FeedbackRefused as refused:
            messages.error(request, str(refused))
        else:
            messages.success(request, _("Your answer is on its way to %(email)s.") % {"email": row.customer.email})
        return redirect("feedback", pk)
    context = {
        "page": "feedback", "page_title": _("Feedback on %(order)s") % {"order": row.order_number}, "row": row, "form": form,
        "may_answer": may_answer and row.status != FeedbackStatus.ASKED,
        "mails": _mails(row), "phone": row.phone or row.customer.phone,
    }  # fmt: skip
    return render(request, "customers/feedback.html", context, status=422 if form.errors else 200)


def _mails(row: Feedback) -> Iterable[OutgoingMessage]:
    rows = OutgoingMessage.objects.filter(thread=row.order_number, kind__in=["check_in", "feedback_answer"])
    return rows.defer("text", "html", "context").order_by("-pk")[:10]


@require_POST
@staff_page("customers.edit")
def feedback_settle(request: StaffRequest, pk: int) -> HttpResponse:
    """Put right and told without a mail from here; with an undo."""
    get_object_or_404(Feedback, pk=pk)
    try:
        settle_feedback(pk, by=request.user, now=timezone.now())
    except FeedbackRefused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("Fixed, and the customer knows."), extra_tags=reverse("feedback_reopen", args=[pk]))
    return redirect("feedback", pk)


@require_POST
@staff_page("customers.edit")
def feedback_reopen(request: StaffRequest, pk: int) -> HttpResponse:
    get_object_or_404(Feedback, pk=pk)
    reopen_feedback(pk, by=request.user, now=timezone.now())
    messages.success(request, _("It is open again."))
    return redirect("feedback", pk)
