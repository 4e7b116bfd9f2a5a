"""Estimation over time: windows of frames along each person's track, and where shots begin."""

from .estimator import VideoEstimator, VideoModel
from .linking import Linker, link
from .shots import Shots
from .windows import steady_box, window

__all__ = ["Linker", "Shots", "VideoEstimator", "VideoModel", "link", "steady_box", "window"]
