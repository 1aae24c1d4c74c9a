"""Two records of one person become one. What later apps keep is moved by their own verbs."""

from collections.abc import Mapping
from datetime import datetime

from django.utils.translation import gettext as _

from customers.actions.customers import CustomerRefused, refuse_ended, rise
from customers.models import Address, ChannelIdentity, Consent, Customer, Feedback, FollowUp, Ticket
from customers.states import CustomerStatus
from ordermgmt.changes import changed_facts, set_facts
from ordermgmt.history import record
from ordermgmt.models import User

# Facts a person may choose from either record.
MERGED_FIELDS = ("name", "company", "email", "phone", "language", "vat_id")


def merge(kept: Customer, gone: Customer, *, choices: Mapping[str, str], by: User | str, now: datetime) -> None:
    """Inside the caller's transaction: move identities, addresses and consents of `gone` to `kept`.

    `choices` says "kept" or "gone" for each of MERGED_FIELDS. Locks both in primary-key order.
    Raises CustomerRefused.
    """
    kept, gone = _locked(kept, gone)
    changed = set_facts(kept, _facts(kept, gone, choices))
    _move_records(kept, gone, now)
    _keep_blocked(kept, gone, now)
    gone.move_to(CustomerStatus.MERGED, now=now, merged_into=kept, blocked_reason="")
    rise(gone)
    rise(kept)
    record("merge_customers", "{gone} ({name}) was merged into this customer", subject=kept.number, by=by, now=now,
           gone=gone.number, name=gone.name, changed=changed_facts(changed))  # fmt: skip
    record("merge_customers", "Merged into {kept}", subject=gone.number, by=by, now=now, kept=kept.number)


def _keep_blocked(kept: Customer, gone: Customer, now: datetime) -> None:
    """Who was blocked stays blocked, whichever record is kept."""
    if gone.status == CustomerStatus.BLOCKED and kept.status != CustomerStatus.BLOCKED:
        kept.move_to(CustomerStatus.BLOCKED, now=now, blocked_reason=gone.blocked_reason)


def _locked(kept: Customer, gone: Customer) -> tuple[Customer, Customer]:
    if kept.pk == gone.pk:
        raise CustomerRefused(_("Choose two different customers"))
    # Closes the race of two merges that share a customer, or of a merge and an edit.
    rows = {
        row.pk: row
        for row in Customer.objects.select_for_update(of=("self",)).filter(pk__in=[kept.pk, gone.pk]).order_by("pk")
    }
    for row in rows.values():
        refuse_ended(row)
    return rows[kept.pk], rows[gone.pk]


def _facts(kept: Customer, gone: Customer, choices: Mapping[str, str]) -> dict[str, object]:
    taken = [name for name in MERGED_FIELDS if choices.get(name) == "gone"]
    facts: dict[str, object] = {name: getattr(gone, name) for name in taken}
    if "phone" in taken:
        facts["phone_digits"] = gone.phone_digits
    facts["tags"] = list(dict.fromkeys([*kept.tags, *gone.tags]))
    facts["note"] = "\n".join(note for note in (kept.note, gone.note) if note)
    return facts


def _move_records(kept: Customer, gone: Customer, now: datetime) -> None:
    mine = {(a.one_line, a.name) for a in kept.addresses.filter(replaced_at=None)}
    has_default = kept.addresses.filter(is_default=True, replaced_at=None).exists()
    for address in gone.addresses.filter(replaced_at=None):
        if (address.one_line, address.name) in mine:
            address.replaced_at = now
        address.is_default = address.is_default and not has_default and address.replaced_at is None
        address.save(update_fields=["replaced_at", "is_default"])
    Address.objects.filter(customer=gone).update(customer=kept)
    ChannelIdentity.objects.filter(customer=gone).update(customer=kept)
    Consent.objects.filter(customer=gone).update(customer=kept)
    Feedback.objects.filter(customer=gone).update(customer=kept)
    FollowUp.objects.filter(customer=gone).update(customer=kept)
    Ticket.objects.filter(customer=gone).update(customer=kept)
    Customer.objects.filter(merged_into=gone).update(merged_into=kept)
