"""Words and numbers as people read them."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest
import time_machine
from django import forms
from django.template import Context, Template
from django.test import override_settings
from django.utils.html import strip_tags

from ordermgmt.looks import BAD, GOOD, NEUTRAL, look_of
from ordermgmt.templatetags import portal

NOW = datetime(2026, 11, 23, 13, 5, tzinfo=UTC)


def _plain(text: str) -> str:
    return strip_tags(text).replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("amount", "currency", "words"),
    [
        (Decimal("48.2000"), "EUR", "€48.20"),
        (Decimal("1240.5"), "EUR", "€1,240.50"),
        (Decimal("1240"), "JPY", "JP¥1,240"),
        (Decimal("1.5"), "KWD", "KWD1.500"),
        (Decimal("-4"), "GBP", "\u2212£4.00"),
        (0, "EUR", "€0.00"),
    ],
)
def test_money_has_the_minor_units_of_its_currency(amount: Decimal, currency: str, words: str) -> None:
    assert _plain(portal.money(amount, currency)).replace(" ", "") == words


def test_unknown_is_a_dash_that_is_read_aloud() -> None:
    assert "unknown" in portal.money(None)
    assert 'aria-hidden="true"' in portal.number(None)


def test_short_money_has_at_most_three_digits() -> None:
    assert [portal.money_short(Decimal(n)) for n in (0, 999, 1240, 12_400, 3_450_000)] == [
        "€0",
        "€999",
        "€1.2k",
        "€12k",
        "€3.4m",
    ]


def test_quantities_lose_needless_zeros() -> None:
    assert [portal.quantity(Decimal(n)) for n in ("2.000", "1.50", "1200", "0")] == ["2", "1.5", "1,200", "0"]


@override_settings(BUSINESS_TIME_ZONE="Europe/Stockholm")
@time_machine.travel(NOW, tick=False)
def test_instants_stand_in_the_business_zone_with_the_year_only_when_it_differs() -> None:
    assert _plain(portal.when(NOW)) == "23 Nov 14:05"
    assert _plain(portal.when(NOW.replace(year=2025))) == "23 Nov 2025 14:05"
    assert 'datetime="2026-11-23T14:05:00+01:00"' in portal.when(NOW)


@override_settings(BUSINESS_TIME_ZONE="Europe/Stockholm")
@time_machine.travel(NOW, tick=False)
def test_the_day_of_an_instant_is_the_business_day() -> None:
    late = datetime(2026, 11, 24, 23, 30, tzinfo=UTC)
    assert _plain(portal.day(late)) == "25 Nov"
    assert _plain(portal.weekday(date(2026, 11, 25))) == "Wed 25 Nov"


def test_lengths_of_time_name_two_units_at_most() -> None:
    said = [_plain(portal.duration(timedelta(minutes=m))) for m in (0, 12, 115, 2 * 1440 + 61)]
    assert said == ["0 min", "12 min", "1 h 55 min", "2 d 1 h"]


def test_a_model_may_name_the_look_of_its_own_states() -> None:
    class Sub:
        STATE_LOOKS = {"active": BAD}

    assert look_of(Sub(), "active") is BAD
    assert look_of(object(), "active") is GOOD
    assert look_of(object(), "never heard of") is NEUTRAL


def test_only_loud_states_are_filled_and_words_are_escaped() -> None:
    held = SimpleNamespace(status="on_hold", get_status_display=lambda: "On <hold>")
    sent = SimpleNamespace(status="sent", get_status_display=lambda: "Sent")
    assert 'class="tag tone-hold"' in portal.state_tag(held)
    assert "On &lt;hold&gt;" in portal.state_tag(held)
    assert 'class="state tone-waiting"' in portal.state_tag(sent)
    assert 'class="tag tone-waiting"' in portal.state_tag(sent, filled=True)


def test_a_component_wraps_its_body_and_escapes_its_parameters() -> None:
    page = Template('{% component "card" title=title %}<p>{{ inside }}</p>{% endcomponent %}')
    html = page.render(Context({"title": "<b>Money</b>", "inside": "1 < 2"}))
    assert "&lt;b&gt;Money" in html
    assert "<p>1 &lt; 2</p>" in html


def test_a_language_is_named_in_the_language_of_the_reader() -> None:
    assert [portal.language_words(code) for code in ("en-gb", "sv", "xx")] == ["English", "Swedish", "xx"]


def test_a_printed_page_says_when_in_the_business_zone() -> None:
    with time_machine.travel(NOW, tick=False):
        assert Template("{% this_moment %}").render(Context()) == "23 Nov 2026 14:05"


def test_a_field_left_empty_is_asked_for_plainly() -> None:
    made = type("Asking", (forms.Form,), {"name": forms.CharField(), "way": forms.ChoiceField(choices=[("a", "A")])})(
        {}
    )
    assert [str(words[0]) for words in made.errors.values()] == ["Fill this in", "Choose one"]
