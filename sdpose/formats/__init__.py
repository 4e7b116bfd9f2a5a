"""Pose formats, one module each, each with functions that read and write and undo one another.

`read` takes what any tool wrote and `write` writes for any: see `dialects` and `profiles`. `load` and `save` do the
same with files.
"""

from __future__ import annotations

from . import openpose, posetrack
from .dialects import DIALECTS, is_animals, read, recognise
from .files import load, load_named, load_payload, save
from .profiles import PROFILES, profile_of, write

__all__ = [
    "DIALECTS",
    "PROFILES",
    "is_animals",
    "load",
    "load_named",
    "load_payload",
    "openpose",
    "posetrack",
    "profile_of",
    "read",
    "recognise",
    "save",
    "write",
]
