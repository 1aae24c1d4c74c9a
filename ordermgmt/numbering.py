"""Human numbers: SO-100042 and SH-70120 (gaps allowed, no lock), INV-2026-00412 (gapless, locked)."""

from django.db import connection
from django.db.models import F

from ordermgmt.models.numbers import NumberSeries

# Where a series starts. These series live in database sequences on PostgreSQL, so that writers
# never wait for each other; only series that the law wants gapless use the locked counter row.
SEQUENCES = {
    "SO": 100_000,
    "SH": 70_000,
    "FO": 100_000,
    "C": 20_000,
    "WV": 100,
    "PO": 500,
    "SSCC": 0,
    "TN": 0,
    "RT": 300,
    "PL": 10,
    "SUB": 800,
    "PC": 10,
    "RF": 100,
    "RC": 100,
    "T": 1000,
    "BC": 100,
}


class UnknownSeries(Exception):
    """A series that SEQUENCES does not name has no sequence on PostgreSQL; it is refused on every database."""


def next_numbers(key: str, count: int = 1) -> list[int]:
    """The next `count` numbers of a series that may have gaps; never waits on PostgreSQL."""
    if key not in SEQUENCES:
        raise UnknownSeries(key)
    if count < 1:
        return []
    if connection.vendor != "postgresql":
        return _counted(key, count)
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(%s) FROM generate_series(1, %s)", [sequence_of(key), count])
        return [row[0] for row in cursor.fetchall()]


def sequence_of(key: str) -> str:
    """PostgreSQL: the database sequence that counts a series with gaps."""
    return f"number_{key.lower()}"


def next_number(key: str) -> str:
    """One human number, such as SO-100042."""
    return f"{key}-{next_numbers(key)[0]}"


def next_gapless(key: str, *, width: int = 5) -> str:
    """Inside the caller's transaction: the next number of a gapless series, such as INV-2026-00412.

    The counter row stays locked until commit, so take it last, just before the insert: a
    rolled-back transaction gives its number back.
    """
    return next_gapless_many(key, 1, width=width)[0]


def next_gapless_many(key: str, count: int, *, width: int = 5) -> list[str]:
    """Inside the caller's transaction: as `next_gapless`, `count` numbers in a row for one wait."""
    return [f"{key}-{number:0{width}d}" for number in _counted(key, count)] if count > 0 else []


def _counted(key: str, count: int) -> list[int]:
    rows = NumberSeries.objects.filter(key=key)
    if not rows.update(last=F("last") + count):
        NumberSeries.objects.get_or_create(key=key, defaults={"last": SEQUENCES.get(key, 0)})
        rows.update(last=F("last") + count)
    last = rows.values_list("last", flat=True).get()
    return list(range(last - count + 1, last + 1))
