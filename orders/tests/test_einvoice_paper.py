"""The stored paper of an invoice is a Factur-X file: PDF/A-3 and PDF/UA with the data of the page inside."""

import io
from decimal import Decimal
from typing import Any
from xml.etree.ElementTree import fromstring

import pytest
from django.db import transaction
from django.test import Client
from pypdf import PdfReader

from inventory.factories import SkuFactory
from ordermgmt.documents import build
from ordermgmt.factories import UserFactory
from ordermgmt.facturx import with_facturx
from ordermgmt.roles import Role
from ordermgmt.typesetting import typeset, typeset_apart
from orders.actions.invoicing import InvoicePart, issue_invoice
from orders.documents.einvoice import credit_note_xml, invoice_xml
from orders.drafts import DraftCharge
from orders.factories import NOW, draft_line, order
from orders.factories.billing import CreditNoteFactory, CreditNoteLineFactory
from orders.models import Invoice, OrderLine
from orders.tests.einvoice_judge import findings
from orders.tests.einvoice_samples import FOLDER, read_xml
from orders.tests.test_einvoice import SHOP

pytestmark = pytest.mark.django_db
FX = "{urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#}"
RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
PDFA = "{http://www.aiim.org/pdfa/ns/id/}"


@pytest.fixture
def invoice(db: None) -> Invoice:
    """Of three units at 10.00 and 5.00 for delivery, issued as they left."""
    sku = SkuFactory()
    charge = DraftCharge(
        kind="shipping", title="Delivery", amount=Decimal(5), tax_rate=Decimal("0.12"), tax=Decimal("0.54")
    )
    made = order({sku: 3}, lines=(draft_line(sku, 3, "10.00"),), charges=(charge,), is_paid=False)
    line = made.lines.get()
    OrderLine.objects.update(backordered=0, promised=0, shipped=3)
    parts = [InvoicePart(order_line_id=line.pk, quantity=3, cause="shipment-line:1")]
    with transaction.atomic():
        found = issue_invoice(made, cause="SH-1", parts=parts, now=NOW, by="Ana")
    assert found is not None
    return found


def pdf_of(invoice: Invoice) -> bytes:
    return typeset(build("invoice", invoice.number, now=NOW))


def embedded(pdf: bytes) -> dict[str, Any]:
    """The one embedded file: its specification, stream and text."""
    root: Any = PdfReader(io.BytesIO(pdf)).trailer["/Root"]
    (spec,) = root["/AF"]
    (name, named) = root["/Names"]["/EmbeddedFiles"]["/Names"]
    assert named.get_object() == spec.get_object()
    stream = spec.get_object()["/EF"]["/F"].get_object()
    return {"name": name, "spec": spec.get_object(), "stream": stream, "text": stream.get_data().decode()}


def test_the_paper_carries_valid_data_of_the_same_invoice(invoice: Invoice) -> None:
    found = embedded(pdf_of(invoice))
    assert found["name"] == found["spec"]["/F"] == found["spec"]["/UF"] == "factur-x.xml"
    assert found["spec"]["/AFRelationship"] == "/Alternative"
    assert found["stream"]["/Subtype"] == "/text/xml"
    assert {"/ModDate", "/Size"} <= set(found["stream"]["/Params"])
    assert found["text"] == invoice_xml(invoice)
    assert findings(found["text"]) == []


def test_every_figure_of_the_data_stands_on_the_page(invoice: Invoice) -> None:
    pdf = pdf_of(invoice)
    words = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)
    root = read_xml(embedded(pdf)["text"])
    paths = ("LineTotalAmount", "GrandTotalAmount", "DuePayableAmount", "TaxBasisTotalAmount", "CalculatedAmount")
    for path in paths:
        for node in root.iter(path):
            assert f"€{Decimal(node.text or ''):.2f}" in words, path
    assert Decimal(root.findtext(".//GrandTotalAmount") or "") == invoice.gross_total
    assert invoice.number in words


def test_it_is_archivable_and_accessible(invoice: Invoice) -> None:
    reader = PdfReader(io.BytesIO(pdf_of(invoice)))
    root: Any = reader.trailer["/Root"]
    (intent,) = root["/OutputIntents"]
    assert intent.get_object()["/S"] == "/GTS_PDFA1"
    assert intent.get_object()["/DestOutputProfile"].get_object()["/N"] == 3
    assert root["/MarkInfo"]["/Marked"]
    assert "/StructTreeRoot" in root
    assert "/Encrypt" not in reader.trailer
    assert "/ID" in reader.trailer
    packet = root["/Metadata"].get_object().get_data()
    rdf = fromstring(packet)  # noqa: S314 (our own)
    (only,) = rdf.iter(f"{RDF}RDF")
    values = {name: node.text for node in only.iter() for name in [node.tag] if node.tag.startswith(FX)}
    assert values == {
        f"{FX}DocumentType": "INVOICE",
        f"{FX}DocumentFileName": "factur-x.xml",
        f"{FX}Version": "1.0",
        f"{FX}ConformanceLevel": "EN 16931",
    }
    marks = {key: value for node in only for key, value in node.attrib.items() if key.startswith(PDFA)}
    assert marks == {f"{PDFA}part": "3", f"{PDFA}conformance": "A"}
    assert b"pdfuaid:part" in packet


def test_its_metadata_is_described_as_in_the_official_file() -> None:
    """The extension schema of Factur-X, property by property, as in a file of the ZUGFeRD corpus."""
    path = FOLDER / "facturx_pdf" / "EN16931_Innergemeinschaftliche_Lieferungen.pdf"
    if not path.exists():
        pytest.skip("the sample invoices are not here")
    root: Any = PdfReader(path).trailer["/Root"]
    theirs = fromstring(root["/Metadata"].get_object().get_data())  # noqa: S314
    ours = fromstring(with_facturx(f'<r:RDF xmlns:r="{RDF[1:-1]}"/>'.encode()))  # noqa: S314
    name = "{http://www.aiim.org/pdfa/ns/property#}name"
    assert {node.text for node in theirs.iter(name)} <= {node.text for node in ours.iter(name)}


def test_the_same_invoice_has_the_same_bytes(invoice: Invoice) -> None:
    paper = build("invoice", invoice.number, now=NOW)
    assert typeset(paper) == typeset(paper) == typeset_apart(paper)


def test_a_credit_note_names_its_invoice_and_is_valid(invoice: Invoice) -> None:
    note = CreditNoteFactory(invoice=invoice, seller=SHOP, buyer=invoice.buyer, note="One bag was torn")
    CreditNoteLineFactory(credit_note=note, invoice_line=invoice.lines.first())
    root = read_xml(credit_note_xml(note))
    assert findings(credit_note_xml(note)) == []
    assert root.findtext("ExchangedDocument/TypeCode") == "381"
    assert root.findtext(".//InvoiceReferencedDocument/IssuerAssignedID") == invoice.number
    assert root.findtext("ExchangedDocument/IncludedNote/Content") == "One bag was torn"
    assert embedded(typeset(build("credit_note", note.number, now=NOW)))["text"] == credit_note_xml(note)


def test_the_data_can_be_taken_out_of_the_stored_paper(invoice: Invoice, client: Client) -> None:
    client.force_login(UserFactory(role=Role.FINANCE), backend="ordermgmt.access.RoleBackend")
    answer = client.get(f"/papers/invoice/{invoice.number}/data/")
    assert (answer["Content-Type"], answer.content.decode()) == ("application/xml", invoice_xml(invoice))
    assert f'filename="{invoice.number}.xml"' in answer["Content-Disposition"]
    assert f"/papers/invoice/{invoice.number}/data/" in client.get(f"/invoices/{invoice.number}/").content.decode()
    assert client.get("/papers/invoice/INV-1/data/").status_code == 404
