"""Pose file formats, one module each, each with functions that read and write and undo one another."""

from __future__ import annotations

from . import openpose, posetrack

__all__ = ["openpose", "posetrack"]
