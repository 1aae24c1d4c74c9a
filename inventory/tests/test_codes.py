import json
from pathlib import Path

import pytest

from inventory.codes import CodeRefused, check_digit, tidy_gtin, tidy_sku_code


def test_published_codes_are_taken_and_wrong_ones_refused(samples: Path) -> None:
    vectors = json.loads((samples / "barcodes" / "gs1_vectors.json").read_text())
    right = [
        code for name, codes in vectors.items() if name.startswith("gtin") and name.endswith("_valid") for code in codes
    ]
    wrong = [
        code
        for name, codes in vectors.items()
        if name.startswith("gtin") and name.endswith("_invalid")
        for code in codes
    ]
    assert right
    assert wrong
    for code in right:
        assert tidy_gtin(code) == code
    for code in wrong:
        with pytest.raises(CodeRefused, match="check digit should be"):
            tidy_gtin(code)
    for code in vectors["sscc_valid"]:
        assert check_digit(code[:-1]) == code[-1]


def test_what_is_wrong_is_said() -> None:
    assert tidy_gtin(" 4006381-333931 ") == "4006381333931"
    assert tidy_gtin("") == ""
    with pytest.raises(CodeRefused, match="check digit should be 1, not 6"):
        tidy_gtin("4006381333936")
    with pytest.raises(CodeRefused, match="this one has 5"):
        tidy_gtin("12345")
    with pytest.raises(CodeRefused, match="only digits"):
        tidy_gtin("٤٠٠٦٣٨١٣٣٣٩٣١")


def test_our_own_codes() -> None:
    assert tidy_sku_code(" oat-1l ") == "OAT-1L"
    for text in ("", "-A", "a b", "a/b", "å", "X" * 41):
        with pytest.raises(CodeRefused):
            tidy_sku_code(text)
