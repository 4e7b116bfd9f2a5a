"""Drawn people with exact keypoints: procedural, seeded, in many styles; for demo, tests, training, benchmarks."""

from __future__ import annotations

from .looks import HARD_STYLES, STYLES
from .scene import Drawing, drawing

__all__ = ["HARD_STYLES", "STYLES", "Drawing", "drawing"]
