"""How good poses are: OKS average precision, PCK, jitter, and all of it on drawn characters no model was trained on."""

from .drawn import evaluate_drawn
from .drawn_video import evaluate_drawn_video
from .motion import jitter, motion
from .oks import Judged, average_precision, oks
from .pck import pck, relative_errors, torso_sizes

__all__ = [
    "Judged",
    "average_precision",
    "evaluate_drawn",
    "evaluate_drawn_video",
    "jitter",
    "motion",
    "oks",
    "pck",
    "relative_errors",
    "torso_sizes",
]
