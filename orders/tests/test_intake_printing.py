"""Documents on a page: every finding leads to its line or cell."""

import json

from orders.intake.printing import printed
from orders.tests.intake_samples import parsed
from orders.tests.test_intake_shopify_csv import HEAD, sheet
from orders.tests.test_intake_variations import ORDER


def test_json_is_printed_as_lines_that_are_json_again() -> None:
    page = printed(json.dumps(ORDER), (), ["/line_items/0/price"])
    assert json.loads("\n".join(line.text for line in page.lines)) == ORDER
    [line] = [line for line in page.lines if line.notes]
    assert line.text.strip() == '"price": "10.00",'
    assert page.anchors == {0: f"line-{line.number}"}


def test_what_is_missing_is_shown_at_what_should_hold_it() -> None:
    page = printed(json.dumps(ORDER), (), ["/line_items/0/gone/deep", "/nowhere"])
    noted = {note: line.place for line in page.lines for note in line.notes}
    assert noted == {0: "/line_items/0", 1: ""}


def test_a_faulty_document_is_printed_with_its_fault() -> None:
    page = printed('{"a": NaN, "b": 1, "b": 2}', (), ["/a", "/b"])
    assert [line.text.strip() for line in page.lines] == ["{", '"a": NaN,', '"b": 1,', '"b": 2', "}"]


def test_no_json_and_bytes_are_printed_as_text() -> None:
    assert [line.text for line in printed("{nope\nx", (), [""]).lines] == ["{nope", "x"]
    assert [line.text for line in printed("base64:/wA=", (), []).lines] == ["�␀"]


def test_a_csv_order_is_a_table_with_the_rows_of_its_source() -> None:
    bad = {**HEAD, "Name": "#2", "Id": "78", "Lineitem price": "ten"}
    _first, (document, _order, findings) = parsed("shopify_csv", sheet(HEAD, bad).encode())
    page = printed(document.payload_text, document.rows, [finding.place for finding in findings])
    [(number, cells)] = page.rows
    assert number == 3
    [noted] = [cell for cell in cells if cell.notes]
    assert (noted.text, noted.place) == ("ten", "row 3, column Lineitem price")
    assert set(page.anchors.values()) == {"row-3"}
    assert "Taxes" in page.header
    assert "Notes" not in page.header
