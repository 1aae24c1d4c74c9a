"""The strict JSON reader: what Python lets pass is named at its place, nothing is lost."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders.intake.splitting import fingerprint, kept, raw
from orders.intake.strict_json import Refused, Unreadable, faults, read, write

TREES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.decimals(-(10**9), 10**9, allow_nan=False, places=4)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@pytest.mark.parametrize(
    ("data", "code", "place"),
    [
        (b"", "empty", ""),
        (b" \n\t", "empty", ""),
        (b"{", "not_json", "line 1, character 2"),
        (b'{"a": 1,}', "not_json", "line 1, character 9"),
        (b'\n\n{"a": 01}', "not_json", "line 3, character 8"),
        (b'"\x01"', "not_json", "line 1, character 2"),
        (b'{"a": "\xff"}', "wrong_encoding", "byte 7"),
        ('{"a": 1}'.encode("utf-16"), "wrong_encoding", ""),
        (b"[" * 100_000, "too_deep", ""),
        (b"[" * 70 + b"]" * 70, "too_deep", "/0" * 65),
        (b"<html>502</html>", "not_json", "line 1, character 1"),
    ],
)
def test_what_is_no_json_is_unreadable_at_its_place(data: bytes, code: str, place: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read(data)
    assert (caught.value.finding.code, caught.value.finding.place) == (code, place)


def test_size_is_limited() -> None:
    with pytest.raises(Unreadable) as caught:
        read(b'"' + b"x" * 100 + b'"', limit=100)
    assert caught.value.finding.code == "too_big"


def test_a_byte_order_mark_is_no_matter() -> None:
    assert read(b'\xef\xbb\xbf{"a": 1}') == {"a": 1}


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ('{"a": {"b": [NaN]}}', "not_a_number", "/a/b/0"),
        ('{"a": -Infinity}', "not_a_number", "/a"),
        ('{"a": ' + "9" * 5000 + "}", "not_a_number", "/a"),
        ('{"a": 1e400}', "not_a_number", "/a"),
        ('{"a": 1e99999999999999999999}', "not_a_number", "/a"),
        ('{"a": 1, "b": {"c": 1, "c": 1}}', "doubled_key", "/b/c"),
        ('{"a/b": {"~": "\\u0000"}}', "bad_character", "/a~1b/~0"),
        ('{"a": "\\ud800"}', "bad_character", "/a"),
        ('{"a": {"x\\u0000": 1}}', "bad_character", "/a/x�"),
    ],
)
def test_what_python_lets_pass_is_a_finding_at_its_place(text: str, code: str, place: str) -> None:
    [finding] = faults(read(text.encode()))
    assert (finding.code, finding.severity, finding.place) == (code, "error", place)


def test_numbers_are_exact() -> None:
    assert read(b"[0.1, 1.10, 3]") == [Decimal("0.1"), Decimal("1.10"), 3]
    assert write(read(b"[0.1, 1.10, 3]")) == "[0.1,1.10,3]"


def test_a_faulty_tree_is_written_back_with_its_faults() -> None:
    text = '{"b":NaN,"a":1,"a":2,"c":"\\u0000\\ud800"}'
    assert write(read(text)) == text
    assert isinstance(read(text)["b"], Refused)


@given(TREES)
def test_writing_and_reading_change_nothing(tree: object) -> None:
    text = json.dumps(tree, default=str, ensure_ascii=True)
    assert read(write(read(text))) == read(text)


@given(st.binary())
def test_any_bytes_are_kept_without_loss(data: bytes) -> None:
    text = kept(data)
    assert raw(text) == data
    assert "\0" not in text
    text.encode()


def test_the_fingerprint_sees_content_not_spelling() -> None:
    one = fingerprint('{"a": 1.10, "b": [1, 2]}')
    assert one == fingerprint('{"b":[1,2],\n"a":1.10}')
    assert one != fingerprint('{"a": 1.10, "b": [2, 1]}')
    assert one != fingerprint('{"a": 1.11, "b": [1, 2]}')
