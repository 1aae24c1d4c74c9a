"""How a state machine is written: one TextChoices, one table of moves, one method that moves."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from django.db import models


class IllegalMove(Exception):
    """A state may not follow another; the sentence names both."""

    def __init__(self, record: object, old: str, new: str) -> None:
        super().__init__(f"{record} is {old} and cannot become {new}")
        self.old, self.new = old, new


class Stateful(models.Model):
    """A record whose `status` only changes along `moves`, stamping the instant of each state.

    `stamps` maps a state to the name of its timestamp field.
    """

    moves: ClassVar[Mapping[str, frozenset[str]]]
    stamps: ClassVar[Mapping[str, str]] = {}

    class Meta:
        abstract = True

    @property
    def current_status(self) -> str:
        return str(self.__dict__["status"])

    def can_move_to(self, new: str) -> bool:
        return new in self.moves[self.current_status]

    def move_to(self, new: str, *, now: datetime, **facts: Any) -> None:
        """Check the table, set the state with its timestamp and facts, save them together."""
        if not self.can_move_to(new):
            raise IllegalMove(self, self.current_status, new)
        facts["status"] = new
        if stamp := self.stamps.get(new):
            facts.setdefault(stamp, now)
        for name, value in facts.items():
            setattr(self, name, value)
        self.save(update_fields=list(facts))

    move_to.alters_data = True  # type: ignore[attr-defined]
