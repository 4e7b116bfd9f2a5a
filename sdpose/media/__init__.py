"""Pictures and video in and out. Everything inside the library is uint8 (H, W, 3) RGB."""

from __future__ import annotations

from .names import is_image, is_video, list_media, natural_key
from .pictures import Frame, blank, check_room, read_image, to_rgb8
from .video import TimedFrame, Video
from .writing import VideoWriter

__all__ = [
    "Frame",
    "TimedFrame",
    "Video",
    "VideoWriter",
    "blank",
    "check_room",
    "is_image",
    "is_video",
    "list_media",
    "natural_key",
    "read_image",
    "to_rgb8",
]
