"""What the page of the books says of each invariant: its last proofs, its rows with links, and who was told."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from django.db.models import Count, Max, Q
from django.urls import reverse

from ordermgmt.alerts import codes_in
from ordermgmt.models import BooksProof, OutgoingMessage, ProofScope
from ordermgmt.proofs import Invariant, in_order, latest_proofs

SHOWN = 60
# The alert of a finding is written within minutes and at most once a day.
TOLD_WITHIN = timedelta(days=1)
# SO-104999, INV-2026-00412, SH-882: the search takes an exact number to its record.
NUMBER = re.compile(r"[A-Z]{1,5}-[0-9A-Z][0-9A-Z-]*")


@dataclass(frozen=True)
class Fact:
    """One column of a row that breaks a rule; `url` where it is the number of a record."""

    name: str
    value: Any
    url: str = ""


def facts_of(row: Any) -> list[Fact]:
    pairs = row.items() if isinstance(row, Mapping) else [("record", row)]
    return [Fact(name.replace("__", " ").replace("_", " "), value, _url(value)) for name, value in pairs]


def _url(value: Any) -> str:
    is_number = isinstance(value, str) and NUMBER.fullmatch(value)
    return f"{reverse('search')}?q={quote(value)}" if is_number else ""


@dataclass(frozen=True)
class Told:
    at: datetime
    to: str
    state: Any
    url: str


@dataclass(frozen=True)
class RuleLine:
    """`held` and `proved` are of proofs over all rows; `changes` is the last one of what changed."""

    rule: Invariant
    proof: BooksProof | None
    held: datetime | None = None
    changes: BooksProof | None = None
    times_broken: int = 0
    told: Sequence[Told] = ()
    proofs: Sequence[BooksProof] = field(default_factory=list)

    @property
    def is_broken(self) -> bool:
        return bool(self.proof and not self.proof.holds)

    @property
    def rows(self) -> list[list[Fact]]:
        return [facts_of(row) for row in self.proof.rows] if self.proof else []


def lines_of_all() -> list[RuleLine]:
    """Every invariant in order of code; a constant number of statements."""
    latest, changes = latest_proofs(), latest_proofs(ProofScope.CHANGES)
    full = Q(scope=ProofScope.FULL)
    sums = (
        BooksProof.objects.order_by()
        .values("code")
        .annotate(held=Max("checked_at", filter=full & Q(holds=True)), broken=Count("pk", filter=Q(holds=False)))
    )
    past: dict[str, Any] = {row["code"]: row for row in sums}
    told = told_about([proof for proof in latest.values() if not proof.holds])
    return [
        RuleLine(
            rule, latest.get(rule.code), past.get(rule.code, {}).get("held"), changes.get(rule.code),
            past.get(rule.code, {}).get("broken", 0), told.get(rule.code, ()),
        )
        for rule in in_order()
    ]  # fmt: skip


def history(rule: Invariant) -> RuleLine:
    """One invariant with its last proofs, and who was told of those that broke."""
    proofs = list(BooksProof.objects.filter(code=rule.code).order_by("-checked_at", "-pk")[:SHOWN])
    full = BooksProof.objects.filter(code=rule.code, scope=ProofScope.FULL, holds=True)
    held = full.aggregate(at=Max("checked_at"))["at"]
    broken = [proof for proof in proofs if not proof.holds]
    told = told_about(broken).get(rule.code, ())
    changes = next((proof for proof in proofs if proof.scope == ProofScope.CHANGES), None)
    return RuleLine(rule, proofs[0] if proofs else None, held, changes, len(broken), told, proofs)


def told_about(broken: Iterable[BooksProof]) -> dict[str, list[Told]]:
    """By code, the alerts about the books that were written after these findings and name them."""
    found: dict[str, list[Told]] = {}
    findings = list(broken)
    if not findings:
        return found
    since = min(proof.checked_at for proof in findings)
    alerts = OutgoingMessage.objects.filter(kind="alert", about__startswith="books ", created_at__gte=since)
    rows = list(alerts.order_by("created_at", "pk")[:500])
    for code in {proof.code for proof in findings}:
        first = min(proof.checked_at for proof in findings if proof.code == code)
        last = max(proof.checked_at for proof in findings if proof.code == code) + TOLD_WITHIN
        found[code] = [_told(row) for row in rows if first <= row.created_at <= last and code in codes_in(row.context)]
    return found


def _told(message: OutgoingMessage) -> Told:
    return Told(
        message.created_at, message.recipient, message.get_state_display(), reverse("message_detail", args=[message.pk])
    )
