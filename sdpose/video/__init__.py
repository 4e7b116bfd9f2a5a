"""Time: where shots begin and drawings are held, who is who, estimation from windows of frames, steadiness."""

from .estimator import VideoEstimator, VideoModel
from .holds import Holds
from .identity import PeopleTracker, people_of_boxes, track
from .linking import Linker, link
from .places import placed
from .selection import select
from .shots import Shots
from .steady import Steadier, Steadiness, steady
from .windows import steady_box, window

__all__ = [
    "Holds",
    "Linker",
    "PeopleTracker",
    "Shots",
    "Steadier",
    "Steadiness",
    "VideoEstimator",
    "VideoModel",
    "link",
    "people_of_boxes",
    "placed",
    "select",
    "steady",
    "steady_box",
    "track",
    "window",
]
