"""How good poses are: OKS-AP, PCK, PoseTrack's measures, identities, jitter and lag; of files, and on drawings."""

from .drawn import evaluate_drawn
from .drawn_video import evaluate_drawn_video
from .identity import following
from .lag import lag
from .motion import jitter, motion
from .oks import Judged, average_precision, oks
from .pck import pck, relative_errors, torso_sizes
from .posetrack import evaluate_posetrack
from .staged import evaluate_staged

__all__ = [
    "Judged",
    "average_precision",
    "evaluate_drawn",
    "evaluate_drawn_video",
    "evaluate_posetrack",
    "evaluate_staged",
    "following",
    "jitter",
    "lag",
    "motion",
    "oks",
    "pck",
    "relative_errors",
    "torso_sizes",
]
