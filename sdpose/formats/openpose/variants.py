"""The variants of OpenPose's frames, as data in `variants.json`: one for each tool that has its own way."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any, Literal

__all__ = ["Variant", "variants"]


@dataclass(frozen=True)
class Variant:
    """One way to write frames.

    Attributes:
        title: what reads it, in a few words.
        frame: the keys of a frame, in order.
        parts: the keys of a person's lists, in order -> how many points each has.
        fixed: what else a person always has.
        nested: points as lists of three, not one after another.
        missing: what stands for a part of which nothing is known: as many zeros as there would be numbers, null, or
            an empty list. A body is always written in full.
        units: pixels, or shares of the canvas.
        extras: whether people have `track_id`, `bbox` and `score`, where these are known.
        bare: one frame without a list around it.
        people: how many a frame can hold; None for any number.
        threshold: points with a lower score are left out, by default; None leaves out none.
        scores: as they are, or 1 for every point that is there, by default.
    """

    title: str
    frame: tuple[str, ...]
    parts: Mapping[str, int]
    fixed: Mapping[str, Any] = field(default_factory=dict)
    nested: bool = False
    missing: Literal["zeros", "null", "empty"] = "zeros"
    units: Literal["pixels", "shares"] = "pixels"
    extras: bool = False
    bare: bool = False
    people: int | None = None
    threshold: float | None = None
    scores: Literal["raw", "binary"] = "raw"


@cache
def variants() -> Mapping[str, Variant]:
    """Name -> variant, as in the table."""
    text = resources.files(__package__).joinpath("variants.json").read_text(encoding="utf-8")
    return {name: Variant(**entry) for name, entry in json.loads(text).items()}
