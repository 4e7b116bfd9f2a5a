"""The networks and their weights."""

from .config import SDPoseConfig
from .convert import convert
from .diffpose import DiffPose, DiffPoseConfig, build_diffpose, is_diffpose, load_diffpose, save_diffpose
from .loading import build_model, load_model, save_model
from .network import SDPose
from .weights import inventory

__all__ = [
    "DiffPose",
    "DiffPoseConfig",
    "SDPose",
    "SDPoseConfig",
    "build_diffpose",
    "build_model",
    "convert",
    "inventory",
    "is_diffpose",
    "load_diffpose",
    "load_model",
    "save_diffpose",
    "save_model",
]
