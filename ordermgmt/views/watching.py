"""Known problems and the rota of who watches which queue."""

from datetime import date, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from ordermgmt.access import StaffRequest, staff_page
from ordermgmt.actions.watching import (
    MayNotWatch,
    ProblemRefused,
    close_problem,
    plan_duties,
    reopen_problem,
    tell_problem,
)
from ordermgmt.clock import business_day, day_asked
from ordermgmt.exception_inbox import QUEUES
from ordermgmt.known_problems import SCOPES, told_now
from ordermgmt.models import Duty, KnownProblem, User

WEEK = 7


class ProblemForm(forms.Form):
    """`touches` is "scope:key"; an item is typed."""

    touches = forms.ChoiceField(label=gettext_lazy("Touches"))
    item = forms.CharField(label=gettext_lazy("Item (SKU)"), required=False, max_length=60, help_text=gettext_lazy("Only when it touches an item"))  # fmt: skip
    sentence = forms.CharField(label=gettext_lazy("For us"), max_length=200, help_text=gettext_lazy("PostNord Malmö is a day late"))  # fmt: skip
    customer_sentence = forms.CharField(
        label=gettext_lazy("For customers"), required=False, max_length=200,
        help_text=gettext_lazy("Stands on the page of each order it touches. Empty: customers read nothing"),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices: list[Any] = []
        for scope in SCOPES.values():
            keys = scope.choices()
            if keys == [("", "")]:
                choices.append((f"{scope.name}:", scope.label))
            else:
                choices.append((scope.label, [(f"{scope.name}:{key}", label) for key, label in keys]))
        self.fields["touches"].choices = choices  # type: ignore[attr-defined]

    def facts(self) -> dict[str, str]:
        scope, _colon, key = self.cleaned_data["touches"].partition(":")
        typed = self.cleaned_data["item"].strip().upper()
        words = {name: self.cleaned_data[name] for name in ("sentence", "customer_sentence")}
        return {"scope": scope, "key": typed if scope == "item" else key, **words}


@require_http_methods(["GET", "POST"])
@staff_page("exceptions.work")
def problem_list(request: StaffRequest) -> HttpResponse:
    """What is known to go wrong; leads tell and close."""
    may_tell = request.user.has_perm("exceptions.tell")
    form = ProblemForm(request.POST or None) if may_tell else None
    if request.method == "POST" and form is not None and form.is_valid():
        try:
            tell_problem(by=request.user, now=timezone.now(), **form.facts())
        except ProblemRefused as refusal:
            form.add_error("touches", str(refusal))
        else:
            messages.success(request, _("Told. It stands on the pages of the orders it touches until you close it."))
            return redirect("problem_list")
    context = {
        "page": "known-problems",
        "page_title": _("Known problems"),
        "form": form,
        "told": told_now(),
        "past": KnownProblem.objects.exclude(closed_at=None).order_by("-closed_at")[:20],
    }
    return render(request, "exceptions/problems.html", context, status=422 if form and form.errors else 200)


@require_POST
@staff_page("exceptions.tell")
def problem_close(request: StaffRequest, pk: int) -> HttpResponse:
    if not KnownProblem.objects.filter(pk=pk).exists():
        raise Http404
    close_problem(pk, by=request.user, now=timezone.now())
    messages.success(request, _("Closed."), extra_tags=reverse("problem_reopen", args=[pk]))
    return redirect("problem_list")


@require_POST
@staff_page("exceptions.tell")
def problem_reopen(request: StaffRequest, pk: int) -> HttpResponse:
    if not KnownProblem.objects.filter(pk=pk).exists():
        raise Http404
    try:
        reopen_problem(pk, by=request.user, now=timezone.now())
    except ProblemRefused as refusal:
        messages.warning(request, str(refusal))
    return redirect("problem_list")


@require_http_methods(["GET", "POST"])
@staff_page("exceptions.work")
def rota(request: StaffRequest) -> HttpResponse:
    """Who watches which queue, a week at a time."""
    today = business_day(timezone.now())
    first = day_asked(request.GET.get("from", "")) or today - timedelta(days=today.weekday())
    days = [first + timedelta(days=n) for n in range(WEEK)]
    may_plan = request.user.has_perm("exceptions.tell")
    if request.method == "POST":
        if not may_plan:
            messages.warning(request, _("Leads and managers plan this."))
        elif _plan(request, days):
            messages.success(request, _("Saved."))
        return redirect(f"{reverse('rota')}?from={first}")
    context = {
        "page": "rota",
        "page_title": _("Who watches"),
        "days": days,
        "today": today,
        "may_plan": may_plan,
        "rows": _rota_rows(days),
        "before": first - timedelta(days=WEEK),
        "after": first + timedelta(days=WEEK),
    }
    return render(request, "exceptions/rota.html", context)


def _people_of(role: str, people: list[User]) -> list[User]:
    return [person for person in people if role in person.roles]


def _people() -> list[User]:
    return list(User.objects.filter(is_active=True).prefetch_related("grants").order_by("name"))


def _rota_rows(days: list[date]) -> list[dict[str, Any]]:
    known = {(duty.on, duty.role): duty.person for duty in Duty.objects.filter(on__in=days).select_related("person")}
    people = _people()
    return [
        {
            "role": role,
            "label": label,
            "people": _people_of(role, people),
            "cells": [{"name": f"{day}.{role}", "day": day, "person": known.get((day, role))} for day in days],
        }
        for role, label in QUEUES.items()
    ]


def _plan(request: StaffRequest, days: list[date]) -> bool:
    people = {str(person.pk): person for person in _people()}
    plan = {
        (day, role): people.get(request.POST[f"{day}.{role}"])
        for day in days
        for role in QUEUES
        if f"{day}.{role}" in request.POST
    }
    try:
        plan_duties(plan, by=request.user, now=timezone.now())
    except MayNotWatch as refusal:
        messages.warning(request, str(refusal))
        return False
    return True
