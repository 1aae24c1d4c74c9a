"""Reads what an EN 16931 invoice states, in UBL or CII syntax, for tests that compute it again."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from xml.etree.ElementTree import Element, fromstring

from django.conf import settings

from ordermgmt.money import ZERO

FOLDER = Path(settings.BASE_DIR).parent / "shared" / "samples" / "einvoice"
SAMPLES = sorted(path for path in FOLDER.rglob("*") if path.suffix.lower() == ".xml")

_UBL_TOTALS = {
    "BT-106": "LineExtensionAmount", "BT-107": "AllowanceTotalAmount", "BT-108": "ChargeTotalAmount",
    "BT-109": "TaxExclusiveAmount", "BT-112": "TaxInclusiveAmount", "BT-113": "PrepaidAmount",
    "BT-114": "PayableRoundingAmount", "BT-115": "PayableAmount",
}  # fmt: skip
_CII_TOTALS = {
    "BT-106": "LineTotalAmount", "BT-107": "AllowanceTotalAmount", "BT-108": "ChargeTotalAmount",
    "BT-109": "TaxBasisTotalAmount", "BT-112": "GrandTotalAmount", "BT-113": "TotalPrepaidAmount",
    "BT-114": "RoundingAmount", "BT-115": "DuePayableAmount",
}  # fmt: skip
Part = tuple[Decimal, Decimal]  # rate as a fraction, net


@dataclass(frozen=True, kw_only=True)
class Stated:
    """Parts and totals (by business term) of a document; without a total it is zero."""

    currency: str
    lines: list[Part]
    allowances: list[Part]
    charges: list[Part]
    totals: dict[str, Decimal]


def read(path: Path) -> Stated:
    root = fromstring(path.read_bytes())  # noqa: S314 (known samples)
    for node in root.iter():
        node.tag = node.tag.rpartition("}")[2]
    return _cii(root) if root.tag == "CrossIndustryInvoice" else _ubl(root)


def read_xml(xml: str) -> Element:
    """A document with its namespaces taken off."""
    root = fromstring(xml)  # noqa: S314 (our own)
    for node in root.iter():
        node.tag = node.tag.rpartition("}")[2]
    return root


def _ubl(root: Element) -> Stated:
    currency = _text(root, "DocumentCurrencyCode")
    lines = [*root.findall("InvoiceLine"), *root.findall("CreditNoteLine")]
    total = root.find("LegalMonetaryTotal")
    taxes = [node.text for node in root.findall("TaxTotal/TaxAmount") if node.get("currencyID") in (currency, None)]
    return Stated(
        currency=currency,
        lines=[_part(line, "LineExtensionAmount", "Item/ClassifiedTaxCategory/Percent") for line in lines],
        allowances=[_part(node, "Amount", "TaxCategory/Percent") for node in _ubl_charges(root, False)],
        charges=[_part(node, "Amount", "TaxCategory/Percent") for node in _ubl_charges(root, True)],
        totals=_totals(total, _UBL_TOTALS) | {"BT-110": Decimal(taxes[0] or 0) if taxes else ZERO},
    )


def _ubl_charges(root: Element, is_charge: bool) -> Iterator[Element]:
    return (node for node in root.findall("AllowanceCharge") if _is_true(node, "ChargeIndicator") == is_charge)


def _is_true(node: Element, path: str) -> bool:
    return _text(node, path) in ("true", "1")


def _cii(root: Element) -> Stated:
    settlement = root.find("SupplyChainTradeTransaction/ApplicableHeaderTradeSettlement")
    assert settlement is not None
    currency = _text(settlement, "InvoiceCurrencyCode")
    lines = root.findall("SupplyChainTradeTransaction/IncludedSupplyChainTradeLineItem/SpecifiedLineTradeSettlement")
    total = settlement.find("SpecifiedTradeSettlementHeaderMonetarySummation")
    assert total is not None
    taxes = [node.text for node in total.findall("TaxTotalAmount") if node.get("currencyID") in (currency, None)]
    net, rate = "SpecifiedTradeSettlementLineMonetarySummation/LineTotalAmount", "RateApplicablePercent"
    return Stated(
        currency=currency,
        lines=[_part(line, net, f"ApplicableTradeTax/{rate}") for line in lines],
        allowances=[_part(n, "ActualAmount", f"CategoryTradeTax/{rate}") for n in _cii_charges(settlement, False)],
        charges=[_part(n, "ActualAmount", f"CategoryTradeTax/{rate}") for n in _cii_charges(settlement, True)],
        totals=_totals(total, _CII_TOTALS) | {"BT-110": Decimal(taxes[0] or 0) if taxes else ZERO},
    )


def _cii_charges(settlement: Element, is_charge: bool) -> Iterator[Element]:
    found = settlement.findall("SpecifiedTradeAllowanceCharge")
    return (node for node in found if _is_true(node, "ChargeIndicator/Indicator") == is_charge)


def _part(node: Element, net: str, rate: str) -> Part:
    return Decimal(_text(node, rate) or 0) / 100, Decimal(_text(node, net))


def _totals(node: Element | None, names: dict[str, str]) -> dict[str, Decimal]:
    assert node is not None
    return {term: Decimal(_text(node, name) or 0) for term, name in names.items()}


def _text(node: Element, path: str) -> str:
    return (node.findtext(path) or "").strip()
