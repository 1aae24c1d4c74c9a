"""Tax by place, class, customer and day; rates of the database before those that come with the portal."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from orders.billing_states import TaxTreatment
from orders.factories.billing import TaxRateFactory
from orders.tax import BUILT_IN, Buyer, OwnRate, Rates, Tax, tax_for, tax_note, vat_country
from orders.tax_rates import load_rates

D = Decimal
DAY = date(2026, 11, 24)
GERMAN_VAT, SWEDISH_VAT, GREEK_VAT = "DE136695976", "SE556188840401", "EL094259216"


def own(rate: str, starts_on: date = date(2024, 1, 1), ends_on: date | None = None) -> tuple[OwnRate, ...]:
    return (OwnRate(starts_on, ends_on, D(rate)),)


def taxed(buyer: Buyer, tax_class: str = "food", *, on: date = DAY, rates: Rates = BUILT_IN) -> Tax:
    return tax_for(buyer, tax_class, on=on, seller_country="SE", rates=rates)


class TestRates:
    def test_a_rate_of_the_database_goes_first(self) -> None:
        rates = Rates({("SE", "", "food"): own("0.07")})
        assert rates.find("SE", "food", on=DAY) == D("0.07")
        assert rates.find("SE", "standard", on=DAY) == D("0.25")

    def test_a_rate_of_the_database_ends(self) -> None:
        rates = Rates({("SE", "", "food"): own("0.07", date(2026, 1, 1), date(2026, 11, 24))})
        assert rates.find("SE", "food", on=date(2026, 11, 23)) == D("0.07")
        assert rates.find("SE", "food", on=DAY) == D("0.06")

    def test_a_later_rate_of_the_database_replaces_the_one_before(self) -> None:
        rates = Rates({("AT", "", "standard"): (*own("0.20"), *own("0.21", DAY))})
        assert rates.find("AT", "standard", on=date(2026, 11, 23)) == D("0.20")
        assert rates.find("AT", "standard", on=DAY) == D("0.21")

    def test_a_general_rate_of_the_database_does_not_hide_a_class_that_came_with_the_portal(self) -> None:
        assert Rates({("SE", "", "standard"): own("0.26")}).find("SE", "food", on=DAY) == D("0.06")

    def test_a_region_with_rates_is_a_territory_of_its_own(self) -> None:
        rates = Rates({("FI", "Åland", "standard"): own("0")})
        assert rates.find("FI", "food", on=DAY, region="Åland") == 0
        assert rates.find("FI", "food", on=DAY, region="Uusimaa") == D("0.135")

    def test_an_unknown_class_is_taxed_in_full_and_an_unknown_country_is_said(self) -> None:
        assert BUILT_IN.find("SE", "toys", on=DAY) == D("0.25")
        assert BUILT_IN.find("AT", "food", on=DAY) is None


class TestTreatment:
    def test_private_customers_pay_the_tax_of_where_it_goes(self) -> None:
        assert taxed(Buyer("DE")) == Tax(D("0.07"), TaxTreatment.STANDARD, D("0.07"))

    def test_a_business_in_another_member_state_accounts_for_it_itself(self) -> None:
        tax = taxed(Buyer("DE", vat_id=GERMAN_VAT), "standard")
        assert (tax.rate, tax.treatment) == (0, TaxTreatment.REVERSE_CHARGE)
        assert tax.price(D("119.00"), "EUR") == D("100.00")
        assert "Article 138" in tax.note
        assert "Reverse charge" in tax.note

    @pytest.mark.parametrize(
        ("case", "buyer"),
        [
            ("at home", Buyer("SE", vat_id=SWEDISH_VAT)),
            ("a foreign business that has it sent at home", Buyer("SE", vat_id=GERMAN_VAT)),
            ("a VAT id of ours sent abroad", Buyer("DE", vat_id=SWEDISH_VAT)),
            ("a digit is wrong", Buyer("DE", vat_id="DE136695975")),
            ("no VAT id", Buyer("DE")),
            ("not a VAT id", Buyer("DE", vat_id="n/a")),
            ("an OSS number of a trader outside", Buyer("DE", vat_id="EU372022452")),
            ("outside of the union", Buyer("NO", vat_id=GERMAN_VAT)),
        ],
    )
    def test_everybody_else_pays(self, case: str, buyer: Buyer) -> None:
        tax = taxed(buyer)
        assert (tax.treatment, tax.rate > 0, tax.note) == (TaxTreatment.STANDARD, True, ""), case
        assert tax.price(D("10.00"), "EUR") == D("10.00")

    def test_a_business_where_we_know_no_rate_pays_the_price_without_ours(self) -> None:
        tax = taxed(Buyer("AT", vat_id=GREEK_VAT), "standard")
        assert tax.price(D("125.00"), "EUR") == D("100.00")

    def test_an_export_leaves_without_tax(self) -> None:
        tax = taxed(Buyer("US"), "standard")
        assert (tax.rate, tax.treatment) == (0, TaxTreatment.EXPORT)
        assert tax.price(D("125.00"), "USD") == D("100.00")
        assert "Article 146" in tax.note

    def test_where_we_are_registered_it_is_charged_though_it_leaves_the_union(self) -> None:
        assert taxed(Buyer("NO")).rate == D("0.15")
        assert taxed(Buyer("US"), rates=Rates({("US", "", "standard"): own("0.08")})).rate == D("0.08")

    def test_a_member_state_without_a_known_rate_is_said(self) -> None:
        assert not taxed(Buyer("AT")).is_known
        assert taxed(Buyer("US")).is_known

    def test_greek_ids_begin_with_other_letters_than_the_country(self) -> None:
        assert (vat_country(GREEK_VAT), vat_country("de 136 695 976"), vat_country("")) == ("GR", "DE", "")

    def test_every_treatment_without_tax_has_its_note(self) -> None:
        assert [bool(tax_note(treatment)) for treatment in TaxTreatment] == [False, True, True]

    @given(st.decimals(0, 10_000, places=2), st.sampled_from([Buyer("DE", vat_id=GERMAN_VAT), Buyer("US")]))
    def test_without_tax_nobody_pays_more_nor_less_than_net(self, listed: Decimal, buyer: Buyer) -> None:
        tax = taxed(buyer)
        assert abs(tax.price(listed, "EUR") * (1 + tax.contained) - listed) <= D("0.01")


@pytest.mark.django_db
def test_the_rates_of_the_database_are_read_at_once_however_many() -> None:
    for country in ("AT", "BE", "PL"):
        TaxRateFactory(country=country, rate=D("0.2"), starts_on=date(2024, 1, 1))
    with CaptureQueriesContext(
        connection,
    ) as queries:
        rates = load_rates()
        found = [rates.find(country, "food", on=DAY) for country in ("AT", "BE", "PL")]
    assert (found, len(queries)) == ([D("0.2")] * 3, 1)
