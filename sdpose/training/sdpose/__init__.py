"""Training SDPose: single crops, the published recipe, PCK on held-out drawings."""

from .config import TrainConfig

__all__ = ["TrainConfig"]
