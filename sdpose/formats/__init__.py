"""Pose formats, one module each, each with functions that read and write and undo one another.

`read` takes what any tool wrote and `write` writes for any: see `dialects` and `profiles`. `load` and `save` do the
same with files. `read_boxes` takes boxes of any shape: see `boxes`.
"""

from __future__ import annotations

from . import boxes, openpose, posetrack
from .boxes import Boxes, read_boxes
from .dialects import DIALECTS, is_animals, read, read_all, recognise
from .files import load, load_named, load_payload, save
from .profiles import PROFILES, profile_of, write

__all__ = [
    "DIALECTS",
    "PROFILES",
    "Boxes",
    "boxes",
    "is_animals",
    "load",
    "load_named",
    "load_payload",
    "openpose",
    "posetrack",
    "profile_of",
    "read",
    "read_all",
    "read_boxes",
    "recognise",
    "save",
    "write",
]
