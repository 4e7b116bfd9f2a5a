"""Drawn people with exact keypoints: procedural, seeded, in many styles; for demo, tests, training, benchmarks."""

from __future__ import annotations

from .clips import clip
from .looks import HARD_STYLES, STYLES
from .scene import drawing
from .stage import Drawing

__all__ = ["HARD_STYLES", "STYLES", "Drawing", "clip", "drawing"]
