"""Addresses by the rules of their country."""

import pytest

from orders.intake.addresses import address_findings
from orders.intake.document import ParsedAddress


def address(**parts: str) -> ParsedAddress:
    return ParsedAddress(
        **{"name": "Ann", "line1": "Weg 1", "city": "Berlin", "postcode": "10115", "country": "DE"} | parts
    )


@pytest.mark.parametrize(
    "parts",
    [
        {},
        {"name": "", "company": "Tea Ltd"},
        {"city": "Louisville", "region": "KY", "postcode": "40202", "country": "US"},
        {"city": "Ottawa", "region": "ON", "postcode": "K2P 1L4", "country": "CA"},
        {"city": "London", "postcode": "SW1A 1AA", "country": "GB"},
        {"city": "Dublin", "postcode": "", "country": "IE"},
        {"city": "Madrid", "region": "M", "postcode": "28001", "country": "ES"},
        {"city": "Tokyo", "region": "Tokyo", "postcode": "100-0001", "country": "JP"},
    ],
)
def test_complete_addresses_have_no_findings(parts: dict[str, str]) -> None:
    assert address_findings(address(**parts), "/a") == []


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ({"line1": ""}, "address_line1"),
        ({"city": ""}, "address_city"),
        ({"postcode": ""}, "address_postcode"),
        ({"postcode": "ABC"}, "address_postcode"),
        ({"country": ""}, "address_country"),
        ({"name": ""}, "address_name"),
        ({"city": "Louisville", "postcode": "40202", "country": "US"}, "address_region"),
    ],
)
def test_what_is_missing_or_wrong_is_named_once(parts: dict[str, str], code: str) -> None:
    [finding] = address_findings(address(**parts), "/shipping_address")
    assert (finding.code, finding.severity, finding.place) == (code, "error", "/shipping_address")
    assert "/shipping_address" in finding.message


def test_a_region_the_data_does_not_know_is_only_a_warning() -> None:
    [finding] = address_findings(address(city="Mumbai", region="MH", postcode="400001", country="IN"), "/a")
    assert finding.severity == "warning"


def test_no_address_at_all_is_an_error() -> None:
    [finding] = address_findings(None, "/shipping_address")
    assert finding.code == "address_missing"
