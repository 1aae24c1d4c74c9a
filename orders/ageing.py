"""Who owes how much for how long: open balances in half-open buckets of days past due."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import F, Q, QuerySet, Sum
from django.utils.translation import gettext_lazy as _

from ordermgmt.money import ZERO
from orders.models import Invoice
from orders.states import InvoiceStatus

OPEN_BALANCE = F("gross_total") - F("credited") - F("written_off") - F("paid")


@dataclass(frozen=True)
class Bucket:
    """Days past due from `start` (included) to `end` (not included); None is without bound."""

    code: str
    label: object
    start: int | None
    end: int | None

    def days(self, today: date) -> Q:
        """The invoices in it: each is in exactly one bucket, on the boundary days too."""
        found = Q()
        if self.start is not None:
            found &= Q(due_on__lte=today - timedelta(days=self.start))
        if self.end is not None:
            found &= Q(due_on__gt=today - timedelta(days=self.end))
        return found


BUCKETS = (
    Bucket("not_due", _("Not yet due"), None, 1),
    Bucket("1", _("1 to 30 days"), 1, 31),
    Bucket("31", _("31 to 60 days"), 31, 61),
    Bucket("61", _("61 to 90 days"), 61, 91),
    Bucket("91", _("More than 90 days"), 91, None),
)


@dataclass(frozen=True)
class Aged:
    """Open balances of one currency by bucket code, and their sum."""

    currency: str
    sums: dict[str, Decimal]

    @property
    def total(self) -> Decimal:
        return sum(self.sums.values(), ZERO)


def ageing(rows: QuerySet[Invoice], *, today: date) -> list[Aged]:
    """What is open on these invoices, by currency; one statement. Amounts are open balances, not original ones."""
    columns = {f"sum_{bucket.code}": Sum(OPEN_BALANCE, filter=bucket.days(today)) for bucket in BUCKETS}
    found = rows.filter(status=InvoiceStatus.OPEN).order_by().values("currency").annotate(**columns)
    by_currency = [dict(row) for row in found]
    return [_aged(row) for row in sorted(by_currency, key=lambda row: str(row["currency"]))]


def _aged(row: Mapping[str, object]) -> Aged:
    sums = {bucket.code: Decimal(str(row[f"sum_{bucket.code}"] or 0)) for bucket in BUCKETS}
    return Aged(currency=str(row["currency"]), sums=sums)


def bucket_named(code: str) -> Bucket | None:
    found: Iterable[Bucket] = (bucket for bucket in BUCKETS if bucket.code == code)
    return next(iter(found), None)
