"""Asking how it was, once; taking what the customer says; answering."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from customers.feedback_emails import answer_message, check_in
from customers.models import Consent, ConsentKind, Customer, Feedback
from customers.models.feedback import BAD_REASONS, GOOD_REASONS, LINK_LIFE, LOW
from customers.states import FeedbackStatus
from ordermgmt.history import record
from ordermgmt.models import ActivityCategory, OutgoingMessage, User

NOT_AGAIN = timedelta(days=30)
LONGEST_COMMENT = 2000
CUSTOMER = "Customer"


class FeedbackClosed(Exception):
    """The link has ended, or there is no such question."""


class FeedbackRefused(Exception):
    """It cannot be done in this state; says why."""


def refuses(customer_id: int) -> bool:
    """Whether the customer said not to be asked; who said nothing may be asked."""
    newest = Consent.objects.filter(customer=customer_id, kind=ConsentKind.FEEDBACK).order_by("-at", "-pk").first()
    return newest is not None and not newest.is_granted


def ask_feedback(
    customer: Customer | None,
    *,
    order_number: str,
    contents: Sequence[str],
    language: str,
    delivered_at: datetime,
    now: datetime,
) -> Feedback | None:
    """Inside the caller's transaction: ask how an order was that arrived, once per order; None when nobody is asked.

    Nobody is asked twice in 30 days, nor who refused, nor without an address.
    """
    if customer is None or not customer.email or refuses(customer.pk):
        return None
    asked = Feedback.objects.filter(customer=customer, asked_at__gt=now - NOT_AGAIN)
    if asked.exists() or Feedback.objects.filter(order_number=order_number).exists():
        return None
    feedback = Feedback.objects.create(
        customer=customer, order_number=order_number, contents=", ".join(contents)[:300], language=language,
        token=Feedback.new_token(), asked_at=now, expires_at=now + LINK_LIFE,
    )  # fmt: skip
    check_in(feedback, delivered_at=delivered_at, now=now)
    return feedback


@transaction.atomic(durable=True)
def give_score(token: str, score: int, *, now: datetime) -> Feedback:
    """The customer's number from 1 to 5; until a person answered it may be another one. Raises FeedbackClosed."""
    feedback = _locked(token, now)
    if feedback.score == score or feedback.status == FeedbackStatus.TOLD:
        return feedback
    if feedback.status == FeedbackStatus.ASKED:
        feedback.move_to(FeedbackStatus.GIVEN, now=now, score=score, given_at=now)
    else:
        feedback.score, feedback.reasons = score, []
        feedback.save(update_fields=["score", "reasons"])
    _note("feedback.given", gettext_noop("Gave {score} of 5"), feedback, by=CUSTOMER, now=now, score=score)
    return feedback


@transaction.atomic(durable=True)
def add_words(
    token: str, *, reasons: Sequence[str], comment: str, may_call: bool, phone: str, now: datetime
) -> Feedback:
    """What the customer adds to the number. Raises FeedbackClosed, FeedbackRefused."""
    feedback = _locked(token, now)
    if feedback.score is None:
        raise FeedbackRefused(_("Choose a number first."))
    offered = (
        BAD_REASONS if feedback.score <= LOW else GOOD_REASONS if feedback.score >= 4 else (*GOOD_REASONS, *BAD_REASONS)
    )
    feedback.reasons = [name for name in dict.fromkeys(reasons) if name in offered]
    feedback.comment = comment.strip()[:LONGEST_COMMENT]
    feedback.may_call, feedback.phone = may_call, phone.strip()[:40] if may_call else ""
    feedback.save(update_fields=["reasons", "comment", "may_call", "phone"])
    _note("feedback.words", gettext_noop("Wrote what was good or bad"), feedback, by=CUSTOMER, now=now)
    return feedback


@transaction.atomic(durable=True)
def stop_asking(token: str, *, now: datetime) -> None:
    """The customer does not want to be asked again; safe to say twice. Raises FeedbackClosed."""
    feedback = Feedback.objects.select_related("customer").filter(token=token).first()
    if feedback is None:
        raise FeedbackClosed
    # Closes the race of the button and the mail program saying it at once.
    Customer.objects.select_for_update(of=("self",)).get(pk=feedback.customer_id)
    if refuses(feedback.customer_id):
        return
    source = _("link in a mail")
    Consent.objects.create(
        customer=feedback.customer, kind=ConsentKind.FEEDBACK, is_granted=False, source=source, at=now
    )
    sentence = gettext_noop("Does not want to be asked how an order was")
    record("set_consent", sentence, subject=feedback.customer.number, by=CUSTOMER, now=now, source=source)


@transaction.atomic(durable=True)
def answer_feedback(pk: int, text: str, *, by: User, now: datetime) -> OutgoingMessage:
    """Mail an answer to the customer; with it the matter is told. Raises FeedbackRefused."""
    feedback = Feedback.objects.select_for_update(of=("self",)).select_related("customer").get(pk=pk)
    _refuse_unanswered(feedback)
    if not feedback.customer.email:
        raise FeedbackRefused(_("The customer has no e-mail address. Call, then say that it was told."))
    feedback.answers, feedback.answer = feedback.answers + 1, text
    _tell(feedback, by=by, now=now)
    message = answer_message(feedback, text, author=by.get_short_name(), now=now)
    _note("feedback.answered", gettext_noop("Answered what the customer said"), feedback, by=by, now=now)
    return message


@transaction.atomic(durable=True)
def settle_feedback(pk: int, *, by: User, now: datetime) -> None:
    """It is put right and the customer knows, without a mail from here. Raises FeedbackRefused."""
    feedback = Feedback.objects.select_for_update().get(pk=pk)
    _refuse_unanswered(feedback)
    if feedback.status == FeedbackStatus.GIVEN:
        _tell(feedback, by=by, now=now)
        _note("feedback.settled", gettext_noop("Fixed it and told the customer"), feedback, by=by, now=now)


@transaction.atomic(durable=True)
def reopen_feedback(pk: int, *, by: User, now: datetime) -> None:
    """It was not told after all."""
    feedback = Feedback.objects.select_for_update().get(pk=pk)
    if feedback.status == FeedbackStatus.TOLD:
        feedback.move_to(FeedbackStatus.GIVEN, now=now, told_at=None, told_by="")
        _note("feedback.reopened", gettext_noop("Opened it again: it is not fixed"), feedback, by=by, now=now)


def _tell(feedback: Feedback, *, by: User, now: datetime) -> None:
    if feedback.status == FeedbackStatus.GIVEN:
        feedback.move_to(FeedbackStatus.TOLD, now=now, told_by=str(by))
    feedback.save(update_fields=["answers", "answer"])


def _refuse_unanswered(feedback: Feedback) -> None:
    if feedback.status == FeedbackStatus.ASKED:
        raise FeedbackRefused(_("The customer has not answered yet."))


def _locked(token: str, now: datetime) -> Feedback:
    # Closes the race of the same tap sent twice.
    feedback = Feedback.objects.select_for_update(of=("self",)).select_related("customer").filter(token=token).first()
    if feedback is None or not feedback.is_live(now):
        raise FeedbackClosed
    return feedback


def _note(verb: str, sentence: str, feedback: Feedback, *, by: User | str, now: datetime, **facts: int) -> None:
    record(
        verb, sentence, subject=feedback.customer.number, thread=feedback.order_number, by=by, now=now,
        category=ActivityCategory.MESSAGES, **facts,
    )  # fmt: skip
