"""Which carton, or cartons, goods fit into (pure rule; millimetres and grams).

A heuristic: items are laid largest first into the free space they fill best, turned as needed, and
the rest of that space is cut into three. Everything it suggests really fits; now and then a person
would need one box less.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import permutations

Size = tuple[int, int, int]


@dataclass(frozen=True)
class Thing:
    """One unit to be packed; a size of zero is not known and takes no room."""

    key: int
    size: Size
    weight_g: int


@dataclass(frozen=True)
class Box:
    """A carton type: inside size, own weight and what it carries."""

    key: int
    size: Size
    tare_g: int
    max_weight_g: int

    @property
    def volume(self) -> int:
        return _volume(self.size)


@dataclass(frozen=True)
class Filled:
    """A carton with its things. `fits` is False when a thing is too large or heavy for every carton."""

    box: Box
    things: tuple[Thing, ...]
    fits: bool = True

    @property
    def weight_g(self) -> int:
        return self.box.tare_g + sum(thing.weight_g for thing in self.things)


def suggest(things: Sequence[Thing], boxes: Sequence[Box]) -> list[Filled]:
    """The smallest carton that takes everything, else as few as the heuristic finds."""
    if not things or not boxes:
        return []
    if one := smallest_for(things, boxes):
        return [Filled(one, tuple(things))]
    best = [_fill_greedily(things, boxes, order) for order in _ORDERS]
    return min(best, key=lambda filled: (len(filled), sum(carton.box.volume for carton in filled)))


def smallest_for(things: Sequence[Thing], boxes: Sequence[Box]) -> Box | None:
    """The smallest carton that takes all things, if there is one."""
    return next((box for box in sorted(boxes, key=lambda box: (box.volume, box.key)) if holds(box, things)), None)


def holds(box: Box, things: Sequence[Thing]) -> bool:
    """Whether all things go into the box."""
    if sum(thing.weight_g for thing in things) > box.max_weight_g:
        return False
    if sum(_volume(thing.size) for thing in things) > box.volume:
        return False
    return any(len(_lay(box, sorted(things, key=order))) == len(things) for order in _ORDERS)


def _fill_greedily(
    things: Sequence[Thing], boxes: Sequence[Box], order: Callable[[Thing], tuple[int, ...]]
) -> list[Filled]:
    left, filled = sorted(things, key=order), []
    while left:
        box, inside = max(
            ((box, _lay(box, left)) for box in boxes),
            key=lambda pair: (len(pair[1]), -pair[0].volume),
        )
        if not inside:
            filled.append(Filled(max(boxes, key=lambda box: box.volume), (left[0],), fits=False))
            left = left[1:]
            continue
        filled.append(Filled(smallest_for(inside, boxes) or box, tuple(inside)))
        gone = set(map(id, inside))
        left = [thing for thing in left if id(thing) not in gone]
    return filled


def _lay(box: Box, things: Sequence[Thing]) -> list[Thing]:
    """The things, in this order, that go into the box."""
    spaces, weight, inside = [box.size], 0, []
    for thing in things:
        if weight + thing.weight_g > box.max_weight_g:
            continue
        if 0 not in thing.size:
            placed = _best_place(spaces, thing.size)
            if placed is None:
                continue
            index, turned = placed
            spaces += _cut(spaces.pop(index), turned)
        weight += thing.weight_g
        inside.append(thing)
    return inside


def _best_place(spaces: Sequence[Size], size: Size) -> tuple[int, Size] | None:
    """The space that is filled most tightly, and how the thing is turned in it."""
    places = (
        (min(a - b for a, b in zip(space, turned, strict=True)), _volume(space), index, turned)
        for index, space in enumerate(spaces)
        for turned in _turns(size)
        if all(a >= b for a, b in zip(space, turned, strict=True))
    )
    best = min(places, default=None)
    return None if best is None else (best[2], best[3])


def _turns(size: Size) -> set[Size]:
    return {(a, b, c) for a, b, c in permutations(size)}


def _cut(space: Size, used: Size) -> list[Size]:
    """What is left of a space beside, behind and above a thing: the cut whose largest rest is largest."""
    (length, width, height), (a, b, c) = space, used
    cuts = [
        [beside, behind, above]
        for above, tall in (((length, width, height - c), c), ((a, b, height - c), height))
        for beside, behind in (
            ((length - a, width, tall), (a, width - b, tall)),
            ((length - a, b, tall), (length, width - b, tall)),
        )
    ]
    return [rest for rest in max(cuts, key=lambda rests: max(map(_volume, rests))) if all(rest)]


def _volume(size: Size) -> int:
    return size[0] * size[1] * size[2]


_ORDERS: tuple[Callable[[Thing], tuple[int, ...]], ...] = (
    lambda thing: (-_volume(thing.size), -max(thing.size)),
    lambda thing: (-max(thing.size), -_volume(thing.size)),
    lambda thing: (-max(thing.size) * sorted(thing.size)[1], -min(thing.size)),
)
