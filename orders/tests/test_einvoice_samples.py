"""Official EN 16931 sample invoices, computed again from their parts by our arithmetic, give their own totals."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from ordermgmt.money import ZERO, tax_on
from orders.invoice_sums import DoesNotAddUp, RateSum, Sums, by_rate, check
from orders.tests.einvoice_samples import FOLDER, SAMPLES, Stated, read

pytestmark = pytest.mark.once
needs_samples = pytest.mark.skipif(not SAMPLES, reason="the sample invoices are not here")


def computed(stated: Stated) -> Sums:
    """From the parts alone: nets added up, tax of each rate rounded once."""
    lines, less, more = (sum((net for _r, net in part), ZERO) for part in _parts(stated))
    signed = [*stated.lines, *stated.charges, *((rate, -net) for rate, net in stated.allowances)]
    nets = by_rate((rate, net, ZERO) for rate, net in signed)
    rates = [RateSum(rate=r.rate, net=r.net, tax=tax_on(r.net, r.rate, stated.currency)) for r in nets]
    net, tax = lines - less + more, sum((rate.tax for rate in rates), ZERO)
    return Sums(lines=lines, allowances=less, charges=more, net=net, tax=tax, gross=net + tax, rates=rates)


def _parts(stated: Stated) -> tuple[list[tuple[Decimal, Decimal]], ...]:
    return stated.lines, stated.allowances, stated.charges


def tax_rounded_otherwise() -> set[str]:
    """Samples whose stated tax is not base times rate to the cent, as their publisher's facts say (BR-CO-17 lets them)."""
    path = FOLDER / "expected_money_facts.json"
    facts = json.loads(path.read_text()) if path.exists() else {}
    return {name for name, fact in facts.items() if any(line.startswith("VAT ") for line in fact["differences"])}


@needs_samples
@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_a_sample_gives_its_own_totals(path: Path) -> None:
    stated = read(path)
    sums, totals = computed(stated), stated.totals
    names = {"BT-106": sums.lines, "BT-107": sums.allowances, "BT-108": sums.charges, "BT-109": sums.net}
    assert {term: totals[term] for term in names} == names
    if path.name in tax_rounded_otherwise():
        assert 0 < abs(sums.tax - totals["BT-110"]) < 1
        return
    assert (sums.tax, sums.gross) == (totals["BT-110"], totals["BT-112"])
    assert totals["BT-115"] == sums.gross - totals["BT-113"] + totals["BT-114"]
    check(sums, **_nets(stated))


def _nets(stated: Stated) -> dict[str, list[Decimal]]:
    names = ("line_nets", "allowance_nets", "charge_nets")
    return {name: [net for _rate, net in part] for name, part in zip(names, _parts(stated), strict=True)}


@needs_samples
def test_a_cent_too_much_is_noticed() -> None:
    stated = read(FOLDER / "zugferd_xml" / "EN16931_Rabatte.cii.xml")
    nets = _nets(stated)
    nets["allowance_nets"][0] += Decimal("0.01")
    with pytest.raises(DoesNotAddUp, match="BR-CO-11"):
        check(computed(stated), **nets)


@needs_samples
def test_few_samples_round_their_tax_otherwise() -> None:
    assert len(SAMPLES) >= 80
    assert len(tax_rounded_otherwise()) <= 3
