"""Training DiffPose: windows of frames, heatmaps noised to random steps, an objective that denoises them."""

from .config import DiffPoseTrainConfig

__all__ = ["DiffPoseTrainConfig"]
