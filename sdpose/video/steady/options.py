"""What of a clip is steadied, and how much."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from ...errors import BadOption
from ...poses import FloatArray
from ...topology import Skeleton

__all__ = ["METHODS", "PARTS", "Steadiness"]

METHODS = ("smooth", "one_euro", "off")

PARTS = {"body": ("body",), "hands": ("left_hand", "right_hand"), "face": ("face",), "feet": ("feet",)}
"""What an artist calls a part -> the skeleton's parts."""

LONGEST_GAP = 24
"""The longest gap that can be asked to be filled: beyond a second any motion is a guess."""


@dataclass(frozen=True)
class Steadiness:
    """How a clip is steadied.

    Attributes:
        method: "smooth" has no lag and looks ahead; "one_euro" only looks back, and follows later; "off" gives all
            poses back as they came, whatever else is set.
        strength: of the smoothing, 0..1. At 0 no point is smoothed, and only the repairs below are done.
        parts: multiplies the strength of body, hands, face or feet; 1 where not named.
        gate: a keypoint with a lower score does not count as seen. If it can be filled it is, otherwise it stays as
            it came.
        max_gap: a keypoint or a person missing for so many frames between two sightings is filled in, with half of the
            lower score; 0 fills nothing, 24 is the most.
        outliers: whether keypoints that jump away for a frame or two are filled like gaps, up to `max_gap` too; in a
            held drawing they are left out.
        swaps: whether left and right are put back where they are exchanged for a few frames.

    Raises:
        BadOption: a value outside these ranges.
    """

    method: Literal["smooth", "one_euro", "off"] = "smooth"
    strength: float = 0.5
    parts: Mapping[str, float] = field(default_factory=dict)
    gate: float = 0.2
    max_gap: int = 8
    outliers: bool = True
    swaps: bool = True

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise BadOption(f"method is one of {', '.join(METHODS)}; got {self.method!r}")
        for name, value, highest in (
            ("strength", self.strength, 1),
            ("gate", self.gate, 1),
            ("max_gap", self.max_gap, LONGEST_GAP),
        ):
            if not 0 <= value <= highest:
                raise BadOption(f"{name} is from 0 to {highest}; got {value!r}")
        if int(self.max_gap) != self.max_gap:
            raise BadOption(f"max_gap is a whole number of frames; got {self.max_gap!r}")
        for part, factor in self.parts.items():
            if part not in PARTS:
                raise BadOption(f"parts are {', '.join(PARTS)}; got {part!r}")
            if not 0 <= factor < float("inf"):
                raise BadOption(f"the strength of {part} is multiplied by 0 or more; got {factor!r}")

    def strengths(self, skeleton: Skeleton) -> FloatArray:
        """(K,) strength 0..1 of each keypoint."""
        found = np.full(len(skeleton), float(self.strength))
        for part, names in PARTS.items():
            for name in names:
                found[list(skeleton.indices(name))] *= self.parts.get(part, 1.0)
        return np.asarray(np.minimum(found, 1.0))
