"""Days people type: five years either way, and the sentence that says so."""

from datetime import UTC, date, datetime

import pytest
import time_machine
from django.core.exceptions import ValidationError

from ordermgmt.day_field import DayField


@pytest.fixture(autouse=True)
def _today() -> object:
    with time_machine.travel(datetime(2026, 11, 24, 12, tzinfo=UTC), tick=False):
        yield


@pytest.mark.parametrize("text", ["2026-11-24", "2031-11-24", "2021-11-24", "2028-02-29"])
def test_a_day_within_five_years_is_taken(text: str) -> None:
    assert DayField().clean(text) == date.fromisoformat(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [("2031-11-25", "next 5 years"), ("9999-12-31", "next 5 years"), ("2021-11-23", "last 5 years"), ("0001-01-01", "last 5 years")],
)  # fmt: skip
def test_a_day_further_away_is_refused_in_words(text: str, words: str) -> None:
    with pytest.raises(ValidationError, match=f"Choose a day within the {words}"):
        DayField().clean(text)


def test_it_may_be_left_empty_where_it_is_not_required() -> None:
    assert DayField(required=False).clean("") is None
