"""P41: the customer says how it was. Looking changes nothing; each form is one button."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from customers.actions.feedback import FeedbackClosed, add_words, give_score, refuses, stop_asking
from customers.feedback_forms import ScoreForm, WordsForm
from customers.models import Feedback
from ordermgmt.access import customer_page
from ordermgmt.limits import address_of, may_try

TOO_OFTEN = 429


def by_token(view: Callable[[HttpRequest, Feedback], HttpResponse]) -> Callable[[HttpRequest, str], HttpResponse]:
    """Finds the question of a link and speaks the customer's language; says so when it ended or never was."""

    @wraps(view)
    def found(request: HttpRequest, token: str) -> HttpResponse:
        feedback = Feedback.objects.select_related("customer").filter(token=token).first()
        if feedback is None:
            return render(request, "customer/feedback_ended.html", {"is_unknown": True}, status=404)
        with translation.override(feedback.language):
            if not feedback.is_live(timezone.now()):
                return render(request, "customer/feedback_ended.html", {}, status=410)
            if request.method == "POST" and not _may_post(request, feedback):
                return render(request, "customer/feedback_ended.html", {"too_often": True}, status=TOO_OFTEN)
            return view(request, feedback)

    return found


def _may_post(request: HttpRequest, feedback: Feedback) -> bool:
    now = timezone.now()
    return may_try("feedback", str(feedback.pk), most=20, seconds=3600, now=now) and may_try(
        "feedback-from", address_of(request), most=60, seconds=3600, now=now
    )


@customer_page
@require_http_methods(["GET", "HEAD", "POST"])
@by_token
def feedback_page(request: HttpRequest, feedback: Feedback) -> HttpResponse:
    if request.method != "POST":
        return _page(request, feedback)
    return _take_words(request, feedback) if request.POST.get("do") == "words" else _take_score(request, feedback)


def _take_score(request: HttpRequest, feedback: Feedback) -> HttpResponse:
    form = ScoreForm(request.POST)
    if not form.is_valid():
        return _page(request, feedback, status=422, form=form)
    try:
        give_score(feedback.token, form.cleaned_data["r"], now=timezone.now())
    except FeedbackClosed:
        return render(request, "customer/feedback_ended.html", {}, status=410)
    return redirect("feedback_page", feedback.token)


def _take_words(request: HttpRequest, feedback: Feedback) -> HttpResponse:
    form = WordsForm(feedback.score or 3, request.POST)
    if feedback.score is None:
        return redirect("feedback_page", feedback.token)
    if not form.is_valid():
        return _page(request, feedback, status=422, words=form)
    found = form.cleaned_data
    try:
        add_words(
            feedback.token, reasons=found["reasons"], comment=found["comment"], may_call=found.get("may_call", False),
            phone=found.get("phone", ""), now=timezone.now(),
        )  # fmt: skip
    except FeedbackClosed:
        return render(request, "customer/feedback_ended.html", {}, status=410)
    return redirect(f"{reverse('feedback_page', args=[feedback.token])}?done=words")


def _page(request: HttpRequest, feedback: Feedback, status: int = 200, **forms: Any) -> HttpResponse:
    """What was tapped in the mail, to be sent; then the words; then thanks."""
    tapped = request.GET.get("r", "")
    wanted = int(tapped) if tapped in {"1", "2", "3", "4", "5"} else None
    chosen = wanted or feedback.score
    given = {"reasons": feedback.reasons, "comment": feedback.comment, "may_call": feedback.may_call, "phone": feedback.phone}  # fmt: skip
    context = {
        "feedback": feedback, "token": feedback.token, "order_number": feedback.order_number, "wanted": wanted,
        "is_new": wanted is not None and wanted != feedback.score and not feedback.told_at, "scores": range(1, 6), "chosen": chosen,
        "form": forms.get("form") or ScoreForm(initial={"r": chosen}),
        "words": forms.get("words") or (WordsForm(feedback.score, initial=given) if feedback.score else None),
        "is_done": request.GET.get("done") == "words", "words_said": bool(feedback.reasons or feedback.comment),
    }  # fmt: skip
    return render(request, "customer/feedback.html", context, status=status)


@customer_page
@require_http_methods(["GET", "HEAD", "POST"])
def feedback_stop(request: HttpRequest, token: str) -> HttpResponse:
    """Not to be asked again: by the button, or by the mail program's own (RFC 8058)."""
    feedback = Feedback.objects.select_related("customer").filter(token=token).first()
    if feedback is None:
        return render(request, "customer/feedback_ended.html", {"is_unknown": True}, status=404)
    with translation.override(feedback.language):
        if request.method == "POST":
            if not _may_post(request, feedback):
                return render(request, "customer/feedback_ended.html", {"too_often": True}, status=TOO_OFTEN)
            stop_asking(token, now=timezone.now())
            return redirect("feedback_stop", token)
        context = {
            "is_stopped": refuses(feedback.customer_id),
            "token": token,
            "page_title": _("Questions about your orders"),
        }
        return render(request, "customer/feedback_stop.html", context)
