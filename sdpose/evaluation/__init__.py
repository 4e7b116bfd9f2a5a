"""How good poses are: OKS average precision, PCK, PoseTrack's measures, jitter; on files, and on drawn characters."""

from .drawn import evaluate_drawn
from .drawn_video import evaluate_drawn_video
from .motion import jitter, motion
from .oks import Judged, average_precision, oks
from .pck import pck, relative_errors, torso_sizes
from .posetrack import evaluate_posetrack

__all__ = [
    "Judged",
    "average_precision",
    "evaluate_drawn",
    "evaluate_drawn_video",
    "evaluate_posetrack",
    "jitter",
    "motion",
    "oks",
    "pck",
    "relative_errors",
    "torso_sizes",
]
