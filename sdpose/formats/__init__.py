"""Pose formats, one module each, each with functions that read and write and undo one another.

`read` takes what any tool wrote and `write` writes for any: see `dialects` and `profiles`.
"""

from __future__ import annotations

from . import openpose, posetrack
from .dialects import DIALECTS, is_animals, read, recognise
from .profiles import PROFILES, profile_of, write

__all__ = [
    "DIALECTS",
    "PROFILES",
    "is_animals",
    "openpose",
    "posetrack",
    "profile_of",
    "read",
    "recognise",
    "write",
]
