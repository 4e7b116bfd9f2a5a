"""Payloads that went wrong on the way: one place in a good one changed at random."""

from __future__ import annotations

import contextlib
import copy
import random
from collections.abc import Iterator
from typing import Any

__all__ = ["mutated", "places"]

Path = tuple[Any, ...]


def _deep(levels: int = 3000) -> list[Any]:
    value: list[Any] = []
    for _ in range(levels):
        value = [value]
    return value


def _cycle() -> list[Any]:
    value: list[Any] = [1.0, 2.0, 3.0]
    value.append(value)
    return value


# Made anew each time: some of them are changed again by a second mutation.
_JUNK = [
    lambda: None,
    lambda: True,
    lambda: "",
    lambda: "12",
    lambda: "nonsense",
    lambda: b"\xff\x00",
    lambda: -1,
    lambda: 0,
    lambda: 0.5,
    lambda: float("nan"),
    lambda: float("-inf"),
    lambda: 1e308,
    lambda: 10**400,
    lambda: 2**63,
    lambda: 1j,
    lambda: [],
    lambda: {},
    lambda: (),
    lambda: [[]],
    lambda: [None],
    lambda: ["x", "y", "z"],
    lambda: [1, 2],
    lambda: [[1, 2, 3], [4, 5]],
    lambda: {"a": 1},
    lambda: {1: 2},
    lambda: {"x", "y"},
    lambda: object(),
    lambda: range(7),
    _deep,
    _cycle,
]


def places(value: Any, path: Path = ()) -> Iterator[Path]:
    """The way to everything inside a payload, and to itself."""
    yield path
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from places(inner, (*path, key))
    elif isinstance(value, (list, tuple)):
        for index, inner in enumerate(value):
            yield from places(inner, (*path, index))


def mutated(payload: Any, path: Path, chance: random.Random, *more: Path) -> Any:
    """A copy of a payload in which the thing at the end of `path` was changed, removed, or joined by something else.

    Then the same at the ends of `more`, as far as these are still there.
    """
    if not path:
        return chance.choice(_JUNK)()
    changed = copy.deepcopy(payload)
    for way in (path, *filter(None, more)):
        with contextlib.suppress(LookupError, TypeError):  # the first change took the way to the second with it
            parent = changed
            for step in way[:-1]:
                parent = parent[step]
            _change(parent, way[-1], chance)
    return changed


def _change(parent: Any, key: Any, chance: random.Random) -> None:
    value = parent[key]
    kind = chance.randrange(6)
    if kind == 0:
        del parent[key]
    elif kind == 1 and isinstance(parent, list):
        parent.insert(key, chance.choice(_JUNK)())
    elif kind == 2 and isinstance(value, list) and value:
        parent[key] = value[: chance.randrange(len(value))]
    elif kind == 3 and isinstance(value, (int, float)):
        parent[key] = str(value)
    elif kind == 4 and isinstance(value, list):
        parent[key] = dict(enumerate(value))
    else:
        parent[key] = chance.choice(_JUNK)()
