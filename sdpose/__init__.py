"""SDPose Kit: keypoints and skeletons from pictures and video, with diffusion pose models.

Public names are loaded when they are first used, so that importing the package costs nothing:

    import sdpose
    model = sdpose.load_model("mini")
    people = sdpose.Estimator(model)(frames, boxes)
    picture = sdpose.draw(people[0])
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from . import editing, errors, formats, media, models, regions, synthetic, topology, video
    from .boxes import Crop
    from .detect import Detector
    from .errors import SDPoseError
    from .estimate import Estimator
    from .heatmaps import UDPHeatmaps
    from .models import SDPose, build_model, load_diffpose, load_model, save_model
    from .poses import Poses
    from .render import draw, overlay
    from .video import VideoEstimator

__version__ = "0.1.0"

_HOME = {
    "Crop": "boxes",
    "Detector": "detect",
    "Estimator": "estimate",
    "Poses": "poses",
    "SDPose": "models",
    "SDPoseError": "errors",
    "UDPHeatmaps": "heatmaps",
    "VideoEstimator": "video",
    "build_model": "models",
    "draw": "render",
    "load_diffpose": "models",
    "load_model": "models",
    "overlay": "render",
    "save_model": "models",
}
_MODULES = ("editing", "errors", "formats", "media", "models", "regions", "synthetic", "topology", "video")

__all__ = [
    "Crop",
    "Detector",
    "Estimator",
    "Poses",
    "SDPose",
    "SDPoseError",
    "UDPHeatmaps",
    "VideoEstimator",
    "build_model",
    "draw",
    "editing",
    "errors",
    "formats",
    "load_diffpose",
    "load_model",
    "media",
    "models",
    "overlay",
    "regions",
    "save_model",
    "synthetic",
    "topology",
    "video",
]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(f".{_HOME[name]}", __name__), name)
    if name in _MODULES:
        return import_module(f".{name}", __name__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
