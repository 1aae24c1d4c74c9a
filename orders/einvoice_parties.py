"""Seller, buyer and receiver of an invoice as EN 16931 data. Pure."""

from collections.abc import Mapping
from typing import Any

Terms = dict[str, Any]
# Scheme of an electronic address (EAS code list).
EMAIL = "EM"


def seller_terms(party: Mapping[str, str]) -> Terms:
    """BG-4."""
    contact = {"name": party.get("brand", ""), "phone": party.get("phone", ""), "email": party.get("email", "")}
    address = {"addr_l1": party.get("street", ""), "postcode": party.get("postcode", "")}
    address |= {"city": party.get("city", ""), "country_code": party.get("country", "")}
    return (
        {"name": party.get("name", ""), "vat_identifier": party.get("vat_id", ""), "contacts": [contact]}
        | address
        | _mailbox(party)
    )


def buyer_terms(party: Mapping[str, str]) -> Terms:
    """BG-7; the contact is the person at a company."""
    person = party.get("name", "") if party.get("company") else ""
    return (
        {
            "name": _name(party),
            "identifiers": {None: party["number"]} if party.get("number") else {},
            "vat_identifier": party.get("vat_id", ""),
            "contacts": [{"name": person}] if person else [],
        }
        | _place(party)
        | _mailbox(party)
    )


def receiver_terms(party: Mapping[str, str]) -> Terms:
    """BG-13."""
    return _place(party) | {"name": _name(party)}


def _mailbox(party: Mapping[str, str]) -> Terms:
    email = party.get("email", "")
    return {"einvoicing_addr": email, "einvoicing_addr_schemeid": EMAIL} if email else {}


def _name(party: Mapping[str, str]) -> str:
    """Who is billed: the company where there is one."""
    return next((party[key] for key in ("company", "name", "email", "number") if party.get(key)), "")


def _place(party: Mapping[str, str]) -> Terms:
    words = {"addr_l1": "line1", "addr_l2": "line2", "postcode": "postcode", "city": "city"}
    words |= {"country_subdivision": "region", "country_code": "country"}
    return {ours: party.get(theirs, "") for ours, theirs in words.items()}
