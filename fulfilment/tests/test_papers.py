"""Papers as printers and readers meet them: codes that scan, text that reads, the same bytes each time."""

import io
from datetime import timedelta
from typing import Any

import pypdfium2
import pytest
import zxingcpp
from pypdf import PdfReader

from fulfilment.actions.dispatching import dispatch_shipment
from fulfilment.documents.packing_slip import many_slips
from fulfilment.factories import gtin, released
from fulfilment.models import Label, Shipment
from fulfilment.tests.parcels import COFFEE, NOW, OATS, Wanted, make_order, pack, packed, stage
from inventory.factories import SkuFactory, WarehouseFactory, stock
from ordermgmt import documents
from ordermgmt.codes import printed
from ordermgmt.documents import content_of, make_documents, make_one, request_documents
from ordermgmt.factories import UserFactory
from ordermgmt.jobs import Context
from ordermgmt.leases import claim
from ordermgmt.models import StoredDocument
from ordermgmt.typesetting import CannotTypeset, Paper, typeset, typeset_apart, typeset_many_apart

pytestmark = pytest.mark.django_db
POINTS = 72


@pytest.fixture
def shipment() -> Shipment:
    """The second parcel of an order, in two boxes; one line still to come, one cancelled."""
    order = make_order(
        [OATS, COFFEE, Wanted("Cardamom buns", 3, "13.47"), Wanted("Sea salt", 1, "5.90", "0.06")],
        is_gift=True,
        gift_message="Happy birthday, Maria!",
    )
    oats, coffee, _buns, salt = order.lines.all()
    salt.cancelled, salt.promised = 1, 0
    salt.save()
    first = pack(stage(order, {oats.pk: 1}))
    dispatch_shipment(first.pk, by="Ana", now=NOW)
    return pack(stage(order, {oats.pk: 3, coffee.pk: 2}), boxes=2, now=NOW + timedelta(days=1))


def build(kind: str, number: str) -> Paper:
    return documents.build(kind, number, now=NOW)


def decoded(pdf: bytes, dpi: int) -> list[set[str]]:
    """What a scanner reads on each page of the print."""
    pages = pypdfium2.PdfDocument(pdf)
    found = []
    for page in pages:
        image = page.render(scale=dpi / POINTS, grayscale=True).to_pil()
        found.append({code.text for code in zxingcpp.read_barcodes(image)})
    return found


def text_of(pdf: bytes) -> str:
    return " ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


@pytest.mark.parametrize("dpi", [203, 300])
@pytest.mark.parametrize("kind", ["packing_slip", "packing_slip_label", "label"])
def test_every_code_scans_on_office_and_label_printers(shipment: Shipment, kind: str, dpi: int) -> None:
    pages = decoded(typeset(build(kind, shipment.number)), dpi)
    assert len(pages) == 2
    for carton, codes in zip(shipment.cartons.order_by("position"), pages, strict=True):
        if kind == "label":
            assert codes == {carton.labels.get().tracking_number, f"(00){carton.sscc}"}
        else:
            link = shipment.order.links.get()
            assert codes == {printed("SO", shipment.order.number), f"http://localhost:8000/o/{link.token}/"}


@pytest.mark.parametrize(
    ("kind", "size"),
    [("packing_slip", (210, 297)), ("packing_slip_label", (102, 152)), ("label", (102, 152)), ("invoice", (210, 297))],
)
def test_papers_are_tagged_titled_spoken_and_carry_their_fonts(
    shipment: Shipment, kind: str, size: tuple[int, int]
) -> None:
    number = shipment.order.invoices.get().number if kind == "invoice" else shipment.number
    reader = PdfReader(io.BytesIO(typeset(build(kind, number))))
    root: Any = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert "/StructTreeRoot" in root
    assert root["/Lang"] == "en-gb"
    assert number in str(reader.metadata and reader.metadata.title)
    assert b"pdfuaid:part" in reader.xmp_metadata.stream.get_data()  # type: ignore[union-attr]
    for page in reader.pages:
        assert [round(float(side) * 25.4 / POINTS) for side in page.mediabox[2:]] == list(size)
        fonts: Any = page["/Resources"]["/Font"]  # type: ignore[index]
        for font in fonts.values():
            inner = font["/DescendantFonts"][0].get_object() if "/DescendantFonts" in font else font
            descriptor = inner["/FontDescriptor"]
            assert "/FontFile3" in descriptor or "/FontFile2" in descriptor
            assert "Paper" in descriptor["/FontName"]


@pytest.mark.parametrize("kind", ["packing_slip", "packing_slip_label", "label"])
def test_the_same_paper_has_the_same_bytes(shipment: Shipment, kind: str) -> None:
    once = typeset(build(kind, shipment.number))
    assert typeset(build(kind, shipment.number)) == once
    assert typeset_apart(build(kind, shipment.number)) == once


def test_a_slip_says_what_is_here_elsewhere_to_come_and_cancelled_without_prices(shipment: Shipment) -> None:
    text = " ".join(text_of(typeset(build("packing_slip", shipment.number))).split())
    for words in (
        *("Still to come", "3 × Cardamom buns", "Cancelled", "1 × Sea salt", "1 sent earlier", "Lot L2611"),
        *("best before 14 Aug 2027", "Happy birthday, Maria!", "1 / 2", "2 / 2", "Malmö"),
    ):
        assert words in text, words
    for price in ("€", "EUR", "9.60", "38.60"):
        assert price not in text


def test_label_stock_takes_25_lines_on_one_page() -> None:
    order = make_order([Wanted(f"Item number {n} with a long name", 2, "5.00") for n in range(25)])
    pdf = typeset(build("packing_slip_label", pack(stage(order)).number))
    assert len(PdfReader(io.BytesIO(pdf)).pages) == 1
    assert "Item number 24" in text_of(pdf)


def test_the_invoice_says_what_was_posted(shipment: Shipment) -> None:
    text = " ".join(text_of(typeset(build("invoice", shipment.order.invoices.get().number))).split())
    for words in ("INV-2026-00001", "SE556677889901", "Maria Lindqvist", "VAT 12 % on €2.14", "To pay", "€0.00"):
        assert words in text, words


def test_a_requested_paper_is_made_once_and_kept(shipment: Shipment, settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path
    row = StoredDocument.objects.get(kind="packing_slip", number=shipment.number)
    assert request_documents("packing_slip", [shipment.number], thread="", now=NOW) == [row]
    claimed = claim(StoredDocument.objects.all(), row.pk, now=NOW + timedelta(days=2))
    assert claimed
    make_one(claimed, now=NOW)
    row.refresh_from_db()
    with row.file.open() as file:
        first = file.read()
    assert first.startswith(b"%PDF")
    assert row.sha256 in row.file.name
    shipment.order.recipient = "Somebody Else"
    shipment.order.save()
    shipment.order.addresses.update(name="Somebody Else")
    assert content_of("packing_slip", shipment.number, now=NOW) == first
    assert claim(StoredDocument.objects.all(), row.pk, now=NOW + timedelta(days=9)) is None


def test_nothing_outside_is_fetched() -> None:
    html = (
        "<html lang=en><title>x</title><img src='http://127.0.0.1:9/x.png' alt=x><img src='file:///etc/passwd' alt=x>"
        "<link rel=stylesheet href='file:///etc/hosts'><p>text</p></html>"
    )
    assert typeset(Paper(html=html, style="paper")).startswith(b"%PDF")
    with pytest.raises(CannotTypeset, match="static:"):
        typeset(Paper(html="<img src='static:../ordermgmt/settings.py' alt=x>", style="paper"))


def test_a_paper_that_never_ends_is_stopped() -> None:
    endless = "<p>" + "<span>x</span>" * 400_000
    with pytest.raises(CannotTypeset):
        typeset_apart(Paper(html=endless, style="paper"), seconds=3)
    with pytest.raises(CannotTypeset, match="split it"):
        typeset(Paper(html="x" * 8_000_001, style="paper"))


def test_many_slips_are_one_document() -> None:
    numbers = [packed().number for _ in range(3)]
    pdf = typeset(many_slips(numbers, title="WV-1"))
    assert len(PdfReader(io.BytesIO(pdf)).pages) == 3


def test_labels_escape_commands_of_the_printer() -> None:
    shipment = packed()
    zpl = Label.objects.get().zpl
    assert zpl.startswith("^XA")
    assert zpl.endswith("^XZ")
    assert shipment.cartons.get().sscc in zpl
    order = make_order()
    order.addresses.update(name="Eve ^XZ~JR_5E\\", line1="a\nb")
    evil = pack(stage(order)).cartons.get().labels.get().zpl
    assert evil.count("^XZ") == 1
    assert "~JR" not in evil


def test_the_pick_list_is_walked_in_order_and_says_until_when() -> None:
    warehouse = WarehouseFactory()
    bins = list(warehouse.bins.filter(kind="pick").order_by("pick_sequence"))
    oats, coffee = (SkuFactory(name=name, barcode=gtin(700 + n)) for n, name in enumerate(("Oat drink", "Coffee")))
    stock(coffee, warehouse, 9, bins[0])
    stock(oats, warehouse, 9, bins[2])
    (wave,) = released(warehouse, [{oats: 3, coffee: 1}, {oats: 1, coffee: 1}], by=UserFactory(), now=NOW)
    pdf = typeset(build("pick_list", wave.number))
    text = " ".join(text_of(pdf).split())
    assert text.index(bins[0].code) < text.index(bins[2].code)
    assert "Valid until" in text
    assert "20 Nov 18:05" in text
    assert decoded(pdf, 203) == [{printed("WV", wave.number)}]
    with pytest.raises(documents.UnknownDocument):
        build("pick_list", "WV-0")


def test_papers_that_wait_are_made_together() -> None:
    """One child sets them; one that does not exist stops nobody and says so alone."""
    shipment = packed()
    StoredDocument.objects.exclude(kind="packing_slip").update(due_at=None)
    row = StoredDocument.objects.create(kind="packing_slip", number="SH-NO", requested_at=NOW, due_at=NOW)
    summary = make_documents(Context(now=NOW, name="make_documents", inline=True))
    good = StoredDocument.objects.get(number=shipment.number)
    with good.file.open("rb") as file:
        assert file.read(5) == b"%PDF-"
    row.refresh_from_db()
    assert "UnknownDocument" in row.last_error or "SH-NO" in row.last_error
    assert summary["done"] == 1


def test_a_torn_answer_of_the_child_is_left_out() -> None:
    whole = Paper(html="<html lang='en'><title>x</title><p>x</p></html>", style="slip", pictures={}, photos={})
    one, two = typeset_many_apart([whole, whole])
    assert one == two == typeset_apart(whole)
    assert typeset_many_apart([whole], seconds=0) == [b""]
