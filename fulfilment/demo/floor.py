from typing import Any


def work_the_floor(*a: Any, **k: Any) -> None: ...
