"""Training SDPose, from COCO keypoint files or from drawn characters, at any size."""

from .config import TrainConfig
from .trainer import TrainResult, train

__all__ = ["TrainConfig", "TrainResult", "train"]
