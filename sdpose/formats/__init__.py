"""Pose file formats, one module each, each with a `to_frames` and a `from_frames` that undo one another."""

from __future__ import annotations

from . import openpose

__all__ = ["openpose"]
