"""The daily reckoning: differences are kept, and told once each by message."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from ordermgmt.mail import queue_message
from orders.models import ReckoningFinding, Subscription
from orders.reckoning import CHUNK, Difference, reckon

Key = tuple[int, str, int]


def reckon_all(*, now: datetime, progress: Callable[[int, int], None] | None = None) -> dict[str, Any]:
    """Compare every subscription; safe to repeat: what was found before is found once, what is gone is marked."""
    total, done, new, still = Subscription.objects.count(), 0, 0, set[int]()
    for chunk in _chunks():
        found = {(s.pk, d.kind, d.number): d for s, d in reckon(chunk, now=now)}
        kept, made = _keep(chunk, found, now=now)
        still |= kept
        new += made
        done += len(chunk)
        if progress:
            progress(done, total)
    return {"subscriptions": done, "new": new, "open": len(still)}


def _chunks() -> Iterator[list[Subscription]]:
    last = 0
    rows = Subscription.objects.select_related("version").order_by("pk")
    while chunk := list(rows.filter(pk__gt=last)[:CHUNK]):
        yield chunk
        last = chunk[-1].pk


@transaction.atomic(durable=True)
def _keep(chunk: Sequence[Subscription], found: dict[Key, Difference], *, now: datetime) -> tuple[set[int], int]:
    # Closes the race of two reckonings: the second waits and finds what the first wrote.
    rows = ReckoningFinding.objects.select_for_update(of=("self",)).filter(subscription__in=chunk, gone_at=None)
    known = {(row.subscription_id, row.kind, row.number): row for row in rows}
    gone = [row.pk for key, row in known.items() if key not in found]
    ReckoningFinding.objects.filter(pk__in=gone).update(gone_at=now)
    owners = {s.pk: s for s in chunk}
    fresh = [
        ReckoningFinding(subscription=owners[key[0]], kind=key[1], number=key[2], words=d.words[:300], found_at=now)
        for key, d in found.items()
        if key not in known
    ]
    made = ReckoningFinding.objects.bulk_create(fresh)
    for row in made:
        _alarm(row, now=now)
    return {row.pk for key, row in known.items() if key in found} | {row.pk for row in made}, len(made)


def _alarm(row: ReckoningFinding, *, now: datetime) -> None:
    for address in settings.ALERT_EMAILS:
        digest = hashlib.sha256(f"{row.pk}|{address}".encode()).hexdigest()[:10]
        facts = {"number": row.subscription.number, "what": row.get_kind_display(), "delivery": row.number}
        context = {
            "title": _("%(number)s, delivery %(delivery)s: %(what)s") % facts,
            "lines": [row.words],
            "url": f"{settings.BASE_URL}/renewals/findings/",
        }
        queue_message("alert", about=f"reckoning {row.pk} {digest}", thread="", to=address, context=context, now=now,
                      delay=0)  # fmt: skip
