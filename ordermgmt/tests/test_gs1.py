"""Element strings, as scanners send them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordermgmt.gs1 import Elements, elements

GTIN = "09506000134352"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"]C101{GTIN}10ABC\x1d3012", Elements(gtin=GTIN, lot="ABC", count=12)),
        (f"(01){GTIN}(17)270531(10)L1", Elements(gtin=GTIN, lot="L1")),
        (f"01{GTIN}1727053110L1", Elements(gtin=GTIN, lot="L1")),
        (f"02{GTIN}3724", Elements(gtin=GTIN, count=24)),
        ("00106141412345678908", Elements(sscc="106141412345678908")),
        ("01095060001343", None),
        ("0109506000134353", None),
        ("7350010000017", None),
        ("CMD-OK-1", None),
        ("", None),
        (f"]C199{GTIN}", None),
    ],
)
def test_vectors(text, found):
    assert elements(text) == found


@given(st.text(max_size=60))
def test_nothing_breaks_it(text):
    for raw in (text, f"]C1{text}"):
        found = elements(raw)
        assert found is None or (len(found.gtin) in (0, 14) and len(found.sscc) in (0, 18) and found.count >= 0)
