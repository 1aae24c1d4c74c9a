"""Series of human numbers."""

import pytest

from ordermgmt.numbering import SEQUENCES, UnknownSeries, next_number

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("key", SEQUENCES)
def test_every_series_counts_from_its_start(key: str) -> None:
    first, second = (int(next_number(key).rpartition("-")[2]) for _n in range(2))
    assert (second - first, first > SEQUENCES[key]) == (1, True)


def test_a_series_nobody_named_is_refused_on_every_database() -> None:
    """On PostgreSQL it would have no sequence."""
    with pytest.raises(UnknownSeries):
        next_number("NOBODY")
