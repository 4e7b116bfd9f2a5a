"""Video of any length: decoding, estimation, tracking, steadying, drawing and encoding at the same time."""

from .frames import Finder, Seen
from .journal import Journal
from .run import Filmed, Progress, pose_video

__all__ = ["Filmed", "Finder", "Journal", "Progress", "Seen", "pose_video"]
