"""DiffPose (ICCV 2023, arXiv 2307.16687): the network, its diffusion, its files."""

from .config import DiffPoseConfig
from .loading import build_diffpose, is_diffpose, load_diffpose, save_diffpose
from .network import DiffPose

__all__ = ["DiffPose", "DiffPoseConfig", "build_diffpose", "is_diffpose", "load_diffpose", "save_diffpose"]
