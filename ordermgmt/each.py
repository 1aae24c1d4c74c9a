"""Runs over many rows: one row's fault is written down and does not keep the others waiting."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar

log = logging.getLogger(__name__)
R = TypeVar("R")
# Numbers a summary names; the log has them all.
MOST_NAMED = 20


@dataclass
class Tally:
    """How many rows were worked, and the number and error of each that failed."""

    done: int = 0
    failed: dict[str, str] = field(default_factory=dict)

    def summary(self, word: str) -> dict[str, Any]:
        """For the run of a job: failures are there only when there were any."""
        if not self.failed:
            return {word: self.done}
        named = [f"{number}: {words}" for number, words in list(self.failed.items())[:MOST_NAMED]]
        return {word: self.done, "failed": len(self.failed), "failed_rows": named}


def each(rows: Iterable[R], act: Callable[[R], object], *, number: Callable[[R], object] = str) -> Tally:
    """Call `act` for every row, each in its own transaction; rows for which it says nothing are not counted.

    `number` is what people call a row.
    """
    tally = Tally()
    for row in rows:
        try:
            tally.done += bool(act(row))
        except Exception as error:
            name = str(number(row))
            log.exception("%s failed in a run", name)
            tally.failed[name] = f"{type(error).__name__}: {error}"[:300]
    return tally
