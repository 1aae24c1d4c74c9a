"""An invoice for people and machines in one file: PDF/A-3 with its XML inside (Factur-X 1.0, ZUGFeRD 2).

Like `typesetting` it knows nothing of Django. Deterministic: dates come from the document, not from the clock.
"""

import warnings
from collections.abc import Mapping
from datetime import UTC, datetime
from io import BytesIO
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import Element, SubElement, fromstring, register_namespace, tostring

if TYPE_CHECKING:
    from weasyprint import Document

NAME = "factur-x.xml"
PROFILE = "EN 16931"
# A: tagged, as PDF/UA wants it too.
HYBRID = "pdf/a-3a"

_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_FX = "urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#"
_UA = "http://www.aiim.org/pdfua/ns/id/"
_EXTENSION = "{http://www.aiim.org/pdfa/ns/extension/}"
_SCHEMA = "{http://www.aiim.org/pdfa/ns/schema#}"
_PROPERTY = "{http://www.aiim.org/pdfa/ns/property#}"
_PREFIXES = {"fx": _FX, "pdfuaid": _UA, "pdfaExtension": _EXTENSION[1:-1], "pdfaSchema": _SCHEMA[1:-1]}
_PREFIXES["pdfaProperty"] = _PROPERTY[1:-1]

_FACTURX = (
    ("DocumentFileName", "Text", "external", "name of the embedded XML invoice file"),
    ("DocumentType", "Text", "external", "INVOICE"),
    ("Version", "Text", "external", "version of the Factur-X XML schema"),
    ("ConformanceLevel", "Text", "external", "profile of the embedded invoice"),
)
_ACCESSIBLE = (("part", "Integer", "internal", "part of ISO 14289 the document conforms to"),)


def write_hybrid(document: "Document", xml: str, options: Mapping[str, Any]) -> bytes:
    """A rendered document (with a creation date) as PDF/A-3a and PDF/UA-1 with `xml` embedded as `factur-x.xml`."""
    from weasyprint import Attachment  # noqa: PLC0415 (a slow import that most processes never need)

    made = datetime.fromisoformat(str(document.metadata.created)).astimezone(UTC)
    attachment = Attachment(
        string=xml, name=NAME, description="Invoice data", created=made, modified=made, relationship="Alternative"
    )
    metadata: Any = document.metadata
    plain = metadata.generate_rdf_metadata
    metadata.generate_rdf_metadata = lambda *args: with_facturx(plain(*args))
    with warnings.catch_warnings():
        # WeasyPrint leaves its colour profile to be closed by the garbage collector.
        warnings.simplefilter("ignore", ResourceWarning)
        pdf: bytes = document.write_pdf(attachments=[attachment], finisher=_name_once, **options)
    return pdf


def data_inside(pdf: bytes) -> bytes | None:
    """The XML that a hybrid file carries; None for a paper without."""
    from pypdf import PdfReader  # noqa: PLC0415

    found: list[bytes] = PdfReader(BytesIO(pdf)).attachments.get(NAME, [])
    return found[0] if found else None


def _name_once(_document: "Document", pdf: Any) -> None:
    """WeasyPrint lists the associated file twice."""
    pdf.catalog["AF"][:] = dict.fromkeys(pdf.catalog["AF"])


def with_facturx(rdf: bytes) -> bytes:
    """The metadata of the document with the properties of Factur-X and PDF/UA, and what PDF/A wants said of both."""
    for prefix, name in _PREFIXES.items():
        register_namespace(prefix, name)
    root = fromstring(rdf)  # noqa: S314 (written by ourselves)
    values = {"DocumentType": "INVOICE", "DocumentFileName": NAME, "Version": "1.0", "ConformanceLevel": PROFILE}
    ours = _description(root)
    for name, value in values.items():
        SubElement(ours, f"{{{_FX}}}{name}").text = value
    SubElement(_description(root), f"{{{_UA}}}part").text = "1"
    bag = SubElement(SubElement(_description(root), f"{_EXTENSION}schemas"), f"{_RDF}Bag")
    _schema(bag, "Factur-X PDFA Extension Schema", "fx", _FX, _FACTURX)
    _schema(bag, "PDF/UA identification schema", "pdfuaid", _UA, _ACCESSIBLE)
    packet: bytes = tostring(root, encoding="utf-8")
    return packet


def _description(root: Element) -> Element:
    return SubElement(root, f"{_RDF}Description", {f"{_RDF}about": ""})


def _schema(bag: Element, title: str, prefix: str, namespace: str, properties: tuple[tuple[str, ...], ...]) -> None:
    entry = SubElement(bag, f"{_RDF}li", {f"{_RDF}parseType": "Resource"})
    for name, value in (("schema", title), ("namespaceURI", namespace), ("prefix", prefix)):
        SubElement(entry, f"{_SCHEMA}{name}").text = value
    sequence = SubElement(SubElement(entry, f"{_SCHEMA}property"), f"{_RDF}Seq")
    for facts in properties:
        item = SubElement(sequence, f"{_RDF}li", {f"{_RDF}parseType": "Resource"})
        for name, value in zip(("name", "valueType", "category", "description"), facts, strict=True):
            SubElement(item, f"{_PROPERTY}{name}").text = value
