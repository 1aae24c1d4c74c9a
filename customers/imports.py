"""Customers with their address and consents in one row."""

import re
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from django.db.models.functions import Lower
from django.utils.translation import gettext as _g
from django.utils.translation import gettext_lazy as _

from customers.actions.customers import CustomerRefused, tidy_email
from customers.addressing import NotUsable, check_address, tidy_phone, tidy_vat_id
from customers.models import Address, Consent, ConsentKind, Customer
from customers.states import CustomerStatus
from ordermgmt.importing import cells
from ordermgmt.importing.kinds import Applying, Column, Complain, ImportKind, Plan, Row, Wrong, import_kind
from ordermgmt.numbering import next_numbers

CUSTOMER_FACTS = ("name", "company", "email", "phone", "phone_digits", "language", "vat_id", "note")
ADDRESS_FACTS = ("line1", "line2", "postcode", "city", "region", "country")
CONSENTS = {"newsletter": ConsentKind.NEWSLETTER, "sms": ConsentKind.SMS, "feedback": ConsentKind.FEEDBACK}
_NUMBERS_OF_OURS = re.compile(r"C-\d+")


def email(cell: str) -> str:
    try:
        return tidy_email(cell)
    except CustomerRefused as error:
        raise Wrong(_g("write an e-mail address like maria@customer.example")) from error


def vat_id(cell: str) -> str:
    try:
        return tidy_vat_id(cell)
    except NotUsable as error:
        raise Wrong(str(error)) from error


@dataclass(slots=True)
class Person:
    """The customer of a row, with an address and consents that are to be written."""

    customer: Customer
    facts: list[str] = field(default_factory=list)
    address: dict[str, str] | None = None
    replaces: int | None = None
    consents: dict[str, bool] = field(default_factory=dict)


@import_kind
class Customers(ImportKind):
    slug = "customers"
    title = _("Customers")
    hint = _("Customers with address and consents. A row is matched by its number, else by its e-mail.")
    permission = "customers.import"
    export_permission = "customers.export"
    key = ("number", "email")
    columns: ClassVar[Sequence[Column]] = (
        Column(name="number", label="Number", parse=cells.text(20), hint=_("Empty for a new customer")),
        Column(name="name", label="Name", parse=cells.text(120), aliases=("full name",)),
        Column(name="company", label="Company", parse=cells.text(120)),
        Column(name="email", label="E-mail", parse=email, aliases=("email", "mail")),
        Column(name="phone", label="Phone", parse=cells.text(40)),
        Column(name="language", label="Language", parse=cells.text(10), empty="en-gb"),
        Column(name="vat_id", label="VAT id", parse=vat_id),
        Column(name="note", label="Note", parse=cells.text(5000)),
        Column(name="line1", label="Street", parse=cells.text(200), aliases=("address", "address 1", "street 1")),
        Column(name="line2", label="Street 2", parse=cells.text(200), aliases=("address 2",)),
        Column(name="postcode", label="Postcode", parse=cells.text(20), aliases=("zip", "postal code")),
        Column(name="city", label="Town", parse=cells.text(120), aliases=("city",)),
        Column(name="region", label="Region", parse=cells.text(120), aliases=("state", "province")),
        Column(name="country", label="Country", parse=cells.country, aliases=("country code",)),
        Column(name="newsletter", label="Newsletter", parse=cells.yes_no, empty=None),
        Column(name="sms", label="SMS", parse=cells.yes_no, empty=None),
        Column(name="feedback", label="Feedback requests", parse=cells.yes_no, empty=None),
    )
    labels: ClassVar = {column.name: column.label for column in columns}

    def key_of(self, row: Row) -> Hashable | None:
        """The number, else the e-mail: what a row is matched by."""
        return row.values.get("number") or row.values.get("email", "").lower() or None

    def plan(self, rows: Sequence[Row], complain: Complain, *, lock: bool) -> list[Plan]:
        known = _Known(rows, lock=lock)
        plans = []
        for row in rows:
            customer, fault = known.match(row)
            if fault:
                complain(row.number, *fault)
            elif plan := self._plan(row, customer, known, complain):
                plans.append(plan)
        return plans

    def _plan(self, row: Row, customer: Customer | None, known: "_Known", complain: Complain) -> Plan | None:
        values = row.values
        is_new = customer is None
        customer = customer or Customer(number=values.get("number") or "")
        person = Person(customer=customer)
        changes: dict[str, tuple[Any, Any]] = {}
        if not self._address(row, person, known, changes, complain) or not self._phone(row, known, customer, complain):
            return None
        for name in CUSTOMER_FACTS:
            if name in values and getattr(customer, name) != values[name]:
                if name != "phone_digits":
                    changes[self.labels[name]] = (getattr(customer, name), values[name])
                setattr(customer, name, values[name])
                person.facts.append(name)
        if not customer.name and not customer.company:
            complain(row.number, "Name", _g("is empty"))
            return None
        self._consents(values, person, known, changes)
        return Plan(row=row, title=customer.number or customer.email, is_new=is_new, changes=changes, record=person)

    def _phone(self, row: Row, known: "_Known", customer: Customer, complain: Complain) -> bool:
        values = row.values
        if "phone" not in values:
            return True
        if values["phone"] == customer.phone and customer.pk:
            values["phone_digits"] = customer.phone_digits
            return True
        try:
            values["phone"], values["phone_digits"] = tidy_phone(values["phone"], known.country(row, customer))
        except NotUsable as error:
            complain(row.number, "Phone", str(error)[:1].lower() + str(error)[1:])
            return False
        return True

    def _address(
        self, row: Row, person: Person, known: "_Known", changes: dict[str, tuple[Any, Any]], complain: Complain
    ) -> bool:
        """Take the address of the row when it has one and differs; an empty one changes nothing."""
        given = {name: row.values[name] for name in ADDRESS_FACTS if name in row.values}
        if not any(value for name, value in given.items() if name != "country"):
            return True
        old = known.homes.get(person.customer.pk or 0)
        base = {name: getattr(old, name) for name in ADDRESS_FACTS} if old else dict.fromkeys(ADDRESS_FACTS, "")
        tidy, faults = check_address({**base, **given})
        for fault in faults:
            complain(
                row.number, self.labels.get(fault.field, "Street"), fault.sentence[:1].lower() + fault.sentence[1:]
            )
        if tidy != base:
            changes |= {self.labels[name]: (base[name], tidy[name]) for name in tidy if tidy[name] != base[name]}
            person.address, person.replaces = tidy, old.pk if old else None
        return not faults

    def _consents(
        self, values: dict[str, Any], person: Person, known: "_Known", changes: dict[str, tuple[Any, Any]]
    ) -> None:
        for name, kind in CONSENTS.items():
            wanted = values.get(name)
            now = known.consents.get((person.customer.pk or 0, kind), False)
            if wanted is not None and wanted != now:
                person.consents[kind] = wanted
                changes[self.labels[name]] = (now, wanted)

    def write(self, plans: Sequence[Plan], applying: Applying) -> None:
        new = [plan.record.customer for plan in plans if plan.is_new]
        unnamed = [customer for customer in new if not customer.number]
        for customer, number in zip(unnamed, next_numbers("C", len(unnamed)), strict=True):
            customer.number = f"C-{number}"
        for customer in new:
            customer.created_at = applying.now
        Customer.objects.bulk_create(new)
        changed = [plan.record for plan in plans if not plan.is_new]
        _overwrite(changed)
        _write_addresses([plan.record for plan in plans if plan.record.address], applying)
        Consent.objects.bulk_create(
            Consent(customer=plan.record.customer, kind=kind, is_granted=granted, at=applying.now,
                    source=f"Import {applying.file_name}"[:80])
            for plan in plans
            for kind, granted in plan.record.consents.items()
        )  # fmt: skip

    def export(self) -> Iterator[Sequence[Any]]:
        rows = Customer.objects.live().prefetch_related("addresses", "consents").order_by("pk")
        for customer in rows.iterator(chunk_size=1000):
            home = customer.current_address
            consents = {row.kind: row.is_granted for row in sorted(customer.consents.all(), key=lambda c: (c.at, c.pk))}
            yield [
                *(getattr(customer, name) for name in ("number", "name", "company", "email", "phone", "language")),
                customer.vat_id,
                customer.note,
                *(getattr(home, name) if home else "" for name in ADDRESS_FACTS),
                *(consents.get(kind) for kind in CONSENTS.values()),
            ]


def _overwrite(people: Sequence[Person]) -> None:
    """All changed customers in one statement; their version rises, so that open edit forms notice."""
    facts = sorted({name for person in people for name in person.facts})
    touched = [person.customer for person in people]
    for customer in touched:
        customer.version += 1
    if touched:
        Customer.objects.bulk_create(
            touched, update_conflicts=True, unique_fields=["id"], update_fields=[*facts, "version"]
        )


def _write_addresses(people: Sequence[Person], applying: Applying) -> None:
    Address.objects.filter(pk__in=[person.replaces for person in people if person.replaces]).update(
        replaced_at=applying.now
    )
    Address.objects.bulk_create(
        Address(
            customer=person.customer,
            name=person.customer.name,
            company=person.customer.company,
            is_default=True,
            created_at=applying.now,
            **(person.address or {}),
        )
        for person in people
    )


class _Known:
    """What the database holds about the rows of a chunk: four queries."""

    def __init__(self, rows: Sequence[Row], *, lock: bool) -> None:
        numbers = {row.values["number"] for row in rows if row.values.get("number")}
        emails = {row.values["email"].lower() for row in rows if row.values.get("email")}
        by_number = Customer.objects.filter(number__in=numbers).order_by("pk")
        by_email = Customer.objects.live().annotate(small=Lower("email")).filter(small__in=emails).order_by("pk")
        if lock:
            by_number, by_email = by_number.select_for_update(), by_email.select_for_update()
        self.by_number = {customer.number: customer for customer in by_number}
        self.by_email: dict[str, list[Customer]] = {}
        for customer in by_email:
            same = self.by_number.get(customer.number, customer)
            self.by_email.setdefault(customer.email.lower(), []).append(same)
        pks = {customer.pk for customer in self.by_number.values()}
        pks |= {customer.pk for group in self.by_email.values() for customer in group}
        homes = Address.objects.filter(customer__in=pks, replaced_at=None, is_default=True)
        self.homes = {address.customer_id: address for address in homes}
        consents = Consent.objects.filter(customer__in=pks).order_by("at", "pk")
        self.consents = {(row.customer_id, row.kind): row.is_granted for row in consents}

    def match(self, row: Row) -> tuple[Customer | None, tuple[str, str] | None]:
        """The customer a row is about (None: a new one), or column and words of what is wrong."""
        number, mail = row.values.get("number"), row.values.get("email", "").lower()
        if number:
            return self._numbered(number)
        if not mail:
            return None, ("Number", _g("write a customer number or an e-mail, so that the row can be matched"))
        found = self.by_email.get(mail, [])
        if len(found) > 1:
            numbers = ", ".join(customer.number for customer in found[:3])
            return None, (
                "E-mail",
                _g("several customers have it (%(numbers)s). Write the number") % {"numbers": numbers},
            )
        return (found[0] if found else None), None

    def _numbered(self, number: str) -> tuple[Customer | None, tuple[str, str] | None]:
        customer = self.by_number.get(number)
        if customer is None and _NUMBERS_OF_OURS.fullmatch(number):
            return None, (
                "Number",
                _g("we do not know %(number)s. Leave it empty for a new customer") % {"number": number},
            )
        if customer and customer.status in (CustomerStatus.MERGED, CustomerStatus.ERASED):
            word = customer.get_status_display().lower()
            return None, ("Number", _g("%(number)s is %(state)s") % {"number": number, "state": word})
        return customer, None

    def country(self, row: Row, customer: Customer) -> str:
        """The country a phone number without one belongs to."""
        home = self.homes.get(customer.pk or 0)
        return row.values.get("country") or (home.country if home else "")
