"""The published parameters of CDNOW come out of its raw rows (Fader, Hardie, Lee 2005; note 025)."""

import json
from collections import defaultdict
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from orders.customer_value import Buyer, Buying, Spending, TooFew, fit_buying, fit_spending

END = date(1997, 9, 30)


@pytest.fixture
def cdnow(samples: Path) -> tuple[dict[str, Any], list[Buyer], list[tuple[int, float]]]:
    """Expectations, buyers in the 39 weeks of calibration, and their repeat spending. Purchases of a day are one."""
    folder = samples / "datasets" / "cdnow"
    if not folder.is_dir():
        pytest.skip("the CDNOW data set is not beside this checkout")
    days: dict[str, dict[date, float]] = defaultdict(lambda: defaultdict(float))
    for line in (folder / "CDNOW_sample.txt").read_text().splitlines():
        _id, who, day, _units, amount = line.split()
        days[who][date.fromisoformat(day)] += float(amount)
    buyers, spending = [], []
    for bought in days.values():
        first = min(bought)
        repeats = [day for day in sorted(bought) if first < day <= END]
        last = repeats[-1] if repeats else first
        buyers.append(Buyer(len(repeats), (last - first).days / 7, (END - first).days / 7))
        spending.append((len(repeats), sum(bought[day] for day in repeats) / len(repeats) if repeats else 0.0))
    return json.loads((folder / "expected.json").read_text()), buyers, spending


def test_parameters_of_cdnow(cdnow: tuple[dict[str, Any], list[Buyer], list[tuple[int, float]]]) -> None:
    expected, buyers, spending = cdnow
    assert len(buyers) == expected["customers"]
    assert sum(buyer.repeats for buyer in buyers) == expected["repeat_transactions_in_calibration"]
    found = fit_buying(buyers)
    for name in ("r", "alpha", "a", "b"):
        assert getattr(found, name) == pytest.approx(expected["bgnbd"][name], abs=0.0015), name
    assert found.log_likelihood == pytest.approx(expected["bgnbd"]["loglik"], abs=0.05)
    asked = expected["expected_purchases_next_39_weeks"]
    buyer = Buyer(asked["x"], asked["t_x"], asked["T"])
    assert found.coming(buyer, 39) == pytest.approx(asked["value"], abs=0.001)
    for weeks, purchases in expected["expected_purchases_up_to_t_weeks"]:
        assert found.expected(weeks) == pytest.approx(purchases, abs=0.0005)
    amounts = fit_spending(spending)
    for name in ("p", "q", "v"):
        assert getattr(amounts, name) == pytest.approx(expected["gamma_gamma"][name], abs=0.02), name


def test_who_bought_long_ago_is_expected_to_buy_less() -> None:
    model = Buying(0.243, 4.414, 0.793, 2.426, 0)
    assert model.coming(Buyer(4, 10, 38), 39) < model.coming(Buyer(4, 37, 38), 39)
    assert model.coming(Buyer(0, 0, 38), 39) < model.coming(Buyer(2, 30, 38), 39)


def test_a_mean_of_many_purchases_is_believed_more() -> None:
    model = Spending(6.25, 3.74, 15.44)
    overall = model.expected(0, 0)
    assert overall < model.expected(1, 100) < model.expected(20, 100) < 100


def test_too_few_to_learn_from() -> None:
    with pytest.raises(TooFew):
        fit_buying([Buyer(0, 0, 10)] * 50)
    with pytest.raises(TooFew):
        fit_spending([(1, 10.0)])
