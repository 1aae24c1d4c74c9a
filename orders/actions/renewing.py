"""The renewal run: deliveries that are due become orders, with their invoice, charge and next delivery.

Set-based: a chunk of subscriptions is locked, read again, worked out in memory and written with a constant number
of statements. Due means that the stored moment has come, never that it is today. What names each effect is a
UNIQUE constraint (subscription and number, cause of the invoice, key of the charge), so that the run may be
repeated, killed at any line and worked by two at once.
"""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from ordermgmt.models import User
from ordermgmt.retrying import retries_conflicts
from orders.actions.leaving_out import Ready, leave_out_missing
from orders.actions.parking import park
from orders.actions.placing import DraftRefused
from orders.actions.placing_many import prepare_many
from orders.actions.renewal_writing import write_renewals
from orders.billing_states import SubscriptionStatus
from orders.catching_up import Busy, CannotRenew, NotNext
from orders.models import Delivery, Order, Subscription
from orders.renewal_book import RenewalBook, load_book, open_stops
from orders.renewals import Renewal, build

CHUNK = 500
NAME = "Renewals"
log = logging.getLogger(__name__)


@dataclass
class Summary:
    """What a run found: `held` by a switch, `failed` were parked, `already_done` were worked by somebody else."""

    due: int = 0
    ordered: int = 0
    held: int = 0
    failed: int = 0
    already_done: int = 0
    seconds: float = 0

    def add(self, other: "Summary") -> None:
        for name, value in asdict(other).items():
            setattr(self, name, getattr(self, name) + value)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def renew_due(
    *, now: datetime, limit: int | None = None, progress: Callable[[int, int], None] | None = None
) -> Summary:
    """Order every delivery that is due. Held ones stay due; one that cannot be ordered is parked with its reason."""
    began, done = time.perf_counter(), Summary()
    due = Delivery.objects.due(now)
    total = due.count() if progress else 0
    if ("all", "") in open_stops(now):
        return Summary(due=due.count(), held=due.count())
    for ids in _chunks(due, limit):
        done.add(_renew_apart(ids, now=now))
        if progress:
            progress(done.due, total)
    done.seconds = round(time.perf_counter() - began, 3)
    return done


def _chunks(due: Any, limit: int | None) -> Iterator[list[int]]:
    """Keys of what is due, oldest first; each is looked at once in a run."""
    after = Q()
    while limit is None or limit > 0:
        rows = list(
            due.filter(after).order_by("order_at", "pk").values_list("order_at", "pk")[: min(CHUNK, limit or CHUNK)]
        )
        if not rows:
            return
        yield [pk for _at, pk in rows]
        at, pk = rows[-1]
        after = Q(order_at__gt=at) | Q(order_at=at, pk__gt=pk)
        limit = None if limit is None else limit - len(rows)


def _renew_apart(ids: Sequence[int], *, now: datetime) -> Summary:
    """A chunk in one transaction; when the database refuses it, its halves, down to the one that is to blame."""
    try:
        return _renew_chunk(ids, now=now)
    except (OperationalError, InterfaceError):
        # The database is away or in conflict: nobody's fault, the next run takes them.
        raise
    except Exception as error:
        log.exception("A chunk of %s renewals failed", len(ids))
        if len(ids) == 1:
            return _blame(ids[0], error, now=now)
    middle = len(ids) // 2
    done = _renew_apart(ids[:middle], now=now)
    done.add(_renew_apart(ids[middle:], now=now))
    return done


def _blame(pk: int, error: Exception, *, now: datetime) -> Summary:
    words = f"{type(error).__name__}: {error}".strip()[:500]
    with transaction.atomic(durable=True):
        parked = park({pk: CannotRenew("error", words)}, by=NAME, now=now)
    return Summary(due=1, failed=parked)


@retries_conflicts
@transaction.atomic(durable=True)
def _renew_chunk(ids: Sequence[int], *, now: datetime) -> Summary:
    done = Summary(due=len(ids))
    deliveries = _lock(ids, now=now)
    done.already_done = len(ids) - len(deliveries)
    if not deliveries:
        return done
    book = load_book([row.subscription for row in deliveries], now=now)
    held = {row.pk for row in deliveries if book.stop_for(row.subscription)}
    done.held = len(held)
    ready, faults = _work_out([row for row in deliveries if row.pk not in held], book)
    done.failed = park(faults, by=NAME, now=now)
    done.ordered = len(write_renewals(ready, book, by=NAME, now=now))
    return done


def _lock(ids: Sequence[int], *, now: datetime | None) -> list[Delivery]:
    """Due deliveries read again under the lock of their subscriptions (first in the lock order).

    Closes the race of two workers, of a customer who skips it, and of "order now": whoever comes second
    finds it not due any more. What somebody else holds is left to the next run.
    """
    owners = Delivery.objects.filter(pk__in=ids).values("subscription")
    locked = Subscription.objects.select_for_update(of=("self",), skip_locked=True).filter(pk__in=owners)
    joined = ("version__plan", "next_version__plan", "customer", "address", "method")
    subscriptions = {s.pk: s for s in locked.select_related(*joined).order_by("pk")}
    rows = Delivery.objects.due(now) if now else Delivery.objects.filter(is_next=True)
    found = list(
        rows.filter(pk__in=ids, subscription__in=subscriptions).select_related("address").order_by("order_at", "pk")
    )
    for row in found:
        row.subscription = subscriptions[row.subscription_id]
    return found


def _work_out(
    deliveries: Sequence[Delivery], book: RenewalBook, *, is_forced: bool = False
) -> tuple[Ready, dict[int, CannotRenew]]:
    """Everything that can be known to fail fails here, one by one, before anything is written."""
    built: list[Renewal] = []
    faults: dict[int, CannotRenew] = {}
    for row in deliveries:
        try:
            built.append(_built(row, book, is_forced))
        except CannotRenew as error:
            faults[row.pk] = error
        except Exception as error:
            log.exception("%s could not be worked out", row)
            faults[row.pk] = CannotRenew("error", f"{type(error).__name__}: {error}"[:500])
    ready: Ready = []
    for renewal, prepared in zip(built, prepare_many([one.draft for one in built], now=book.now), strict=True):
        if isinstance(prepared, DraftRefused):
            faults[renewal.delivery.pk] = CannotRenew("refused", str(prepared))
        else:
            ready.append((renewal, prepared))
    return leave_out_missing(ready, now=book.now), faults


def _built(row: Delivery, book: RenewalBook, is_forced: bool) -> Renewal:
    if row.subscription.status != SubscriptionStatus.ACTIVE:
        raise CannotRenew("not_active", _("The subscription is not active."))
    return build(row.subscription, row, book, is_forced=is_forced)


@retries_conflicts
@transaction.atomic(durable=True)
def renew_one(delivery_id: int, *, by: User | str, now: datetime, is_forced: bool = False) -> Order:
    """Order the next delivery of a subscription now, whenever it is due. Raises CannotRenew."""
    return renew(delivery_id, by=by, now=now, is_forced=is_forced)


def renew(delivery_id: int, *, by: User | str, now: datetime, is_forced: bool = False) -> Order:
    """Inside the caller's transaction: as `renew_one`. The same rows as the run writes."""
    deliveries = _lock([delivery_id], now=None)
    if not deliveries:
        # The lock skips what somebody else holds: only what is stored says whether it is still to be ordered.
        if Delivery.objects.filter(pk=delivery_id, is_next=True).exists():
            raise Busy
        raise NotNext
    book = load_book([deliveries[0].subscription], now=now)
    ready, faults = _work_out(deliveries, book, is_forced=is_forced)
    for fault in faults.values():
        raise fault
    (order,) = write_renewals(ready, book, by=by, now=now)
    return order
