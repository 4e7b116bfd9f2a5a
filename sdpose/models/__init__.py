"""The networks and their weights."""

from .config import SDPoseConfig
from .convert import convert
from .loading import build_model, load_model, save_model
from .network import SDPose
from .weights import inventory

__all__ = ["SDPose", "SDPoseConfig", "build_model", "convert", "inventory", "load_model", "save_model"]
