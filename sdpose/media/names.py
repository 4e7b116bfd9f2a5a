"""What files are by their names, and the order that people expect them in."""

from __future__ import annotations

import re
from pathlib import Path

from PIL import Image

from ..errors import BadImage
from .pictures import UNREADABLE

__all__ = ["is_image", "is_video", "list_media", "natural_key"]

_IMAGE_SUFFIXES = {".png", ".jpg", ".jpeg", ".jfif", ".webp", ".avif", ".bmp", ".gif", ".tif", ".tiff", ".ppm", ".pgm"}
_VIDEO_SUFFIXES = {
    *(".mp4", ".m4v", ".mov", ".3gp", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".wmv", ".flv", ".ogv", ".mxf"),
    *(".ts", ".m2ts", ".mts"),
}


def is_video(path: str | Path) -> bool:
    """Whether `path` is a video by its suffix; a GIF is one when it has more than one frame."""
    suffix = Path(path).suffix.lower()
    if suffix != ".gif":
        return suffix in _VIDEO_SUFFIXES
    try:
        with Image.open(path) as image:
            return int(getattr(image, "n_frames", 1)) > 1
    except UNREADABLE:
        return False  # a broken GIF is a broken picture: `read_image` says so


def is_image(path: str | Path) -> bool:
    """Whether `path` is a picture by its suffix."""
    return Path(path).suffix.lower() in _IMAGE_SUFFIXES and not is_video(path)


def natural_key(path: str | Path) -> tuple[list[str | int], str]:
    """A sort key that counts: frame2 comes before frame10. Upper and lower case are the same letter."""
    text = str(path)
    pieces = re.split(r"(\d+)", text.casefold())
    return [int(piece) if i % 2 else piece for i, piece in enumerate(pieces)], text


def list_media(folder: str | Path) -> list[Path]:
    """The pictures and videos that lie directly in a folder, in natural order; hidden files are left out.

    Raises:
        BadImage: there are none.
    """
    found = [
        path
        for path in Path(folder).iterdir()
        if path.is_file() and not path.name.startswith(".") and (is_image(path) or is_video(path))
    ]
    if not found:
        raise BadImage(f"{folder} holds no pictures or videos (subfolders are not searched): name another")
    return sorted(found, key=lambda path: natural_key(path.name))
