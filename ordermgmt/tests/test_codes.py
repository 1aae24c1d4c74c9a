"""Our printed codes and their check characters."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.iso7064 import mod_37_36

from ordermgmt import codes

NAMES = st.text(alphabet="ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=1, max_size=12)


@given(NAMES)
def test_check_character_is_iso_7064(name: str) -> None:
    assert codes.check_character(name) == mod_37_36.calc_check_digit(name)


@given(st.sampled_from(["B", "T", "CMD", "U"]), NAMES)
def test_what_is_printed_can_be_read(kind: str, name: str) -> None:
    assert codes.read(codes.printed(kind, name)) == codes.Code(codes.printed(kind, name), kind, name)


@pytest.mark.parametrize("text", ["B-A12-03-2-9", "400638133393", "4006381333932", "WV-11A-3", "CMD-SHORT"])
def test_a_cut_scan_is_not_a_code(text: str) -> None:
    assert codes.read(text) is None


@pytest.mark.parametrize("text", ["4006381333931", "96385074", "036000291452", "340123450000000017"])
def test_trade_codes(text: str) -> None:
    assert codes.read(text) == codes.Code(text)


def test_numbers_are_taken_with_and_without_their_check() -> None:
    assert codes.read("wv-118") == codes.Code("WV-118", "WV", "WV-118")
    printed = codes.printed(codes.WAVE, "WV-118")
    assert codes.read(printed) == codes.Code(printed, "WV", "WV-118")


def test_a_gtin_is_the_same_with_leading_zeros() -> None:
    assert codes.same_item("036000291452", "0036000291452")
    assert not codes.same_item("OAT-1L", "OAT-2L")
