"""PoseTrack's measures: average precision and MOTA, equal to those of its own tool, `poseval`."""

from .directories import GROUPS, evaluate_posetrack
from .judged import JudgedFrame, head_sizes
from .precision import average_precision
from .tracking import tracking_accuracy

__all__ = ["GROUPS", "JudgedFrame", "average_precision", "evaluate_posetrack", "head_sizes", "tracking_accuracy"]
