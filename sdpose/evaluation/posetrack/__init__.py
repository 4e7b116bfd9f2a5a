"""PoseTrack's measures: average precision and MOTA, equal to those of its own tool, `poseval`."""

from .judged import JudgedFrame, head_sizes
from .precision import average_precision
from .tracking import tracking_accuracy

__all__ = ["JudgedFrame", "average_precision", "head_sizes", "tracking_accuracy"]
