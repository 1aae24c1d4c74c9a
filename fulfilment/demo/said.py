"""What customers said of the orders of the past: most are happy, some say why not."""

from datetime import datetime, timedelta
from random import Random

from customers.models import Feedback
from customers.models.feedback import LINK_LIFE
from customers.states import FeedbackStatus
from fulfilment.models import Shipment
from ordermgmt.models import MessageState, OutgoingMessage

AFTER = timedelta(days=3)
SAID: tuple[tuple[int, list[str], str], ...] = (
    (5, ["fresh", "quick"], "Lovely as always, thank you."),
    (5, ["fresh"], ""),
    (5, ["packed"], "So well packed."),
    (4, ["quick"], "Good. The jar lid was a bit loose."),
    (4, [], ""),
    (3, ["price"], "Good, but it became expensive."),
    (2, ["late"], "It came two days after the day you named."),
    (1, ["broken"], "The bag was torn and half of the beans were in the box."),
)
WEIGHTS = (6, 6, 3, 4, 3, 2, 2, 1)
MOST = 300


def load_feedback(rng: Random, *, now: datetime) -> None:
    """Questions about the newest parcels that arrived, one per customer, and an answer to every second."""
    parcels = Shipment.objects.filter(delivered_at__lte=now - AFTER, delivered_at__gt=now - timedelta(days=56))
    found = parcels.select_related("order__customer").prefetch_related("order__lines").order_by("-delivered_at")
    customers: set[int] = set()
    rows: list[Feedback] = []
    for parcel in found[: MOST * 3]:
        customer, at = parcel.order.customer, parcel.delivered_at
        if customer is None or customer.pk in customers or not at or len(rows) >= MOST:
            continue
        customers.add(customer.pk)
        contents = ", ".join(line.name for line in parcel.order.lines.all())[:300]
        row = Feedback(
            customer=customer, order_number=parcel.order.number, contents=contents, token=f"demo{rng.getrandbits(128):032x}",
            asked_at=at, expires_at=at + LINK_LIFE,
        )  # fmt: skip
        rows.append(_answered(rng, row, at + AFTER, now) if rng.random() < 0.5 else row)
    Feedback.objects.bulk_create(rows, batch_size=500)
    OutgoingMessage.objects.bulk_create([_mail(row) for row in rows], batch_size=500)


def _answered(rng: Random, row: Feedback, asked_at: datetime, now: datetime) -> Feedback:
    row.given_at = min(now, asked_at + timedelta(minutes=rng.randrange(20, 3000)))
    row.score, row.reasons, row.comment = rng.choices(SAID, WEIGHTS)[0]
    row.status = FeedbackStatus.GIVEN
    if row.score <= 2 and rng.random() < 0.4 and row.given_at + timedelta(hours=5) < now:
        row.status, row.told_at, row.told_by = FeedbackStatus.TOLD, row.given_at + timedelta(hours=5), "Ana Petrova"
        row.answer = "I am sorry. A new one is on its way, free of charge."
    return row


def _mail(row: Feedback) -> OutgoingMessage:
    at = row.asked_at + AFTER
    return OutgoingMessage(
        kind="check_in", about=row.order_number, thread=row.order_number, recipient=row.customer.email, created_at=row.asked_at,
        sent_at=at, state=MessageState.SENT, subject_line="How was your order?",
        text="How was your order? One tap is enough.", attempts=1, message_id=f"<check-in-{row.order_number}@demo.example>",
    )  # fmt: skip
