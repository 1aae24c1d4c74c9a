"""The question after an order arrived, and our answer to what was said."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.conf import settings

from customers.models import Feedback
from ordermgmt.mail import queue_message, withdraw_message
from ordermgmt.mail_kinds import kind_of
from ordermgmt.mail_rules import wait_of
from ordermgmt.models import OutgoingMessage

CHECK_IN, ANSWER = "check_in", "feedback_answer"


def check_in(feedback: Feedback, *, delivered_at: datetime, now: datetime) -> OutgoingMessage:
    """Inside the caller's transaction: "how was it?" some days after the delivery, once per order."""
    url = feedback_url(feedback)
    wait = max(delivered_at + wait_of(kind_of(CHECK_IN)) - now, timedelta(0))
    context = {
        "order_number": feedback.order_number,
        "recipient": feedback.customer.name,
        "contents": feedback.contents,
        "item": "" if ", " in feedback.contents else feedback.contents[:34],
        "scale": [{"score": score, "url": f"{url}?r={score}"} for score in range(1, 6)],
        "page_url": url,
        "unsubscribe_url": f"{url}stop/",
    }
    return _queue(CHECK_IN, feedback, feedback.order_number, context, now, delay=int(wait.total_seconds()))


def no_check_in(order_number: str) -> bool:
    """Inside the caller's transaction: something went wrong with the order; a question that waits is withdrawn."""
    return withdraw_message(CHECK_IN, about=order_number)


def answer_message(feedback: Feedback, text: str, *, author: str, now: datetime) -> OutgoingMessage:
    """Inside the caller's transaction: what a person answers, once per answer."""
    context = {
        "order_number": feedback.order_number,
        "recipient": feedback.customer.name,
        "text": text,
        "author": author,
        "comment": feedback.comment,
        "score": feedback.score,
    }
    return _queue(ANSWER, feedback, f"{feedback.order_number} {feedback.answers}", context, now)


def feedback_url(feedback: Feedback) -> str:
    return f"{settings.BASE_URL}/f/{feedback.token}/"


def _queue(
    kind: str, feedback: Feedback, about: str, context: Mapping[str, object], now: datetime, delay: int | None = None
) -> OutgoingMessage:
    return queue_message(
        kind, about=about, thread=feedback.order_number, to=feedback.customer.email, context=context, now=now,
        language=feedback.language, delay=delay,
    )  # fmt: skip
