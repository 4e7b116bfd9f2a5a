"""Whatever comes, the answer is poses or a BadKeypoints that names the place; never another exception, never a hang."""

from __future__ import annotations

import random
import time
from collections import defaultdict
from functools import cache
from typing import Any

import pytest

from sdpose import formats
from sdpose.errors import BadKeypoints
from sdpose.poses import Poses

from .made_up import golden, names
from .mutations import mutated, places

EACH = 10_000 // len(names()) + 1
CANVAS_WH = (641, 479)
FRAMES = ("core", "aux_dwpose", "aux_openpose", "judian17", "magos", "openpose")


@cache
def by_depth(name: str) -> list[list[tuple[Any, ...]]]:
    """The places of a payload, a list for each depth; so that not only numbers are hit, which most places are."""
    found = defaultdict(list)
    for path in places(golden(name)["payload"]):
        found[len(path)].append(path)
    return [found[depth] for depth in sorted(found)]


def chosen(name: str, chance: random.Random) -> tuple[Any, ...]:
    return chance.choice(chance.choice(by_depth(name)))


def outcome(payload: Any, dialect: str = "auto", canvas_wh: tuple[int, int] | None = CANVAS_WH) -> str | None:
    """The message with which a payload was refused, or None when it was read."""
    try:
        clip = formats.read(payload, dialect, canvas_wh)
    except BadKeypoints as error:
        return str(error)
    assert isinstance(clip, list) and all(isinstance(poses, Poses) for poses in clip)
    return None


@pytest.mark.parametrize("name", names())
def test_changed_payloads_are_read_or_refused(name: str) -> None:
    chance = random.Random(name)
    payload = golden(name)["payload"]
    refused, slowest = 0, 0.0
    for _ in range(EACH):
        second = [chosen(name, chance)] * (chance.random() < 0.3)
        changed = mutated(payload, chosen(name, chance), chance, *second)
        start = time.perf_counter()
        message = outcome(changed)
        slowest = max(slowest, time.perf_counter() - start)
        if message is not None:
            refused += 1
            assert 20 < len(message) < 1000
    assert refused > 0 and slowest < 5  # a hang, not a speed: reading one takes a thousandth of that
    if name != "aux_animals":  # those are refused however they are
        assert refused < EACH


@pytest.mark.parametrize("name", names())
def test_changed_payloads_are_read_or_refused_as_whatever_they_are_said_to_be(name: str) -> None:
    chance = random.Random(name)
    payload = golden(name)["payload"]
    for dialect in ("auto", *formats.DIALECTS):
        for canvas_wh in (None, CANVAS_WH):
            for _ in range(EACH // 20):
                message = outcome(mutated(payload, chosen(name, chance), chance), dialect, canvas_wh)
                assert message is None or 20 < len(message) < 1000


@pytest.mark.parametrize("name", FRAMES)
def test_what_is_wrong_is_said_with_frame_person_and_field(name: str) -> None:
    chance = random.Random(name)
    payload = golden(name)["payload"]
    inside = [path for depth in by_depth(name)[4:] for path in depth if path[1] == "people"]
    told = 0
    for _ in range(300):
        path = chance.choice(inside)
        message = outcome(mutated(payload, path, chance))
        if message is not None and "shares of the canvas" not in message:  # which is said of the clip as a whole
            told += 1
            assert f"frame {path[0]}, person {path[2]}, {path[3]}" in message, message
    assert told > 30
