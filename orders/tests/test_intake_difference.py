"""What a later version changes."""

import copy
from typing import Any

from orders.intake.difference import difference
from orders.intake.document import ParsedOrder
from orders.tests.intake_samples import one
from orders.tests.test_intake_variations import ORDER

ADDRESS = {"name": "Ann", "address1": "Weg 1", "city": "Berlin", "zip": "10115", "country_code": "DE"}


def order(**changes: Any) -> ParsedOrder:
    parsed, _findings = one("shopify", {**copy.deepcopy(ORDER), "shipping_address": ADDRESS, **changes})
    assert parsed is not None
    return parsed


def test_nothing_that_concerns_us_is_no_change() -> None:
    assert difference(order(), order(updated_at="2026-04-01T00:00:00Z", landing_site="x")) == []


def test_a_cancellation_an_address_and_a_line_are_named() -> None:
    lines = [{**ORDER["line_items"][0], "current_quantity": 1}, {"id": 12, "name": "Mug", "quantity": 1, "price": "0"}]
    later = order(cancelled_at="2026-03-02T08:00:00Z", shipping_address={**ADDRESS, "zip": "10117"}, line_items=lines)
    found = {(change.kind, change.what): (change.before, change.after) for change in difference(order(), later)}
    assert found["line", "Tea"] == ("2 units", "1 of 2 units")
    assert found["line", "Mug"] == ("not there", "1 unit")
    assert found["cancel", "Cancelled at the shop"][0] == "–"
    assert "10117" in found["address", "Delivery address"][1]
