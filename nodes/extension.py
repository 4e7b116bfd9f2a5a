"""What ComfyUI asks for when it loads the pack: the list of nodes."""

from __future__ import annotations

from comfy_api.latest import ComfyExtension, io
from typing_extensions import override

from . import folders
from .compare import ComparePoses
from .convert_boxes import ConvertBoxes
from .convert_poses import ConvertPoses
from .detect import DetectPeople, LoadDetector
from .drawn import DrawnCharacters
from .edit import ConcatenatePoses, FilterPoses, MergePoses, TransformPoses
from .estimate import EstimatePose, LoadModel
from .files import LoadPoses, SavePoses
from .film import PoseVideo
from .frames import PickFrame, PutFrameBack
from .people import SelectPeople, TrackPeople
from .regions import FaceCrops, PosesToBoxes, PosesToMasks, PosesToSegs
from .render import RenderSkeleton
from .steady import SteadyPoses
from .video import EstimateVideoPose, LoadDiffPose

__all__ = ["SDPoseKit", "comfy_entrypoint"]


class SDPoseKit(ComfyExtension):
    """The pack: model folders made known first, then the nodes that list them."""

    @override
    async def on_load(self) -> None:
        folders.register_all()

    @override
    async def get_node_list(self) -> list[type[io.ComfyNode]]:
        return [
            LoadModel,
            LoadDiffPose,
            LoadDetector,
            DetectPeople,
            EstimatePose,
            EstimateVideoPose,
            TrackPeople,
            SelectPeople,
            SteadyPoses,
            PoseVideo,
            PosesToBoxes,
            PosesToMasks,
            PosesToSegs,
            FaceCrops,
            RenderSkeleton,
            ConvertPoses,
            ConvertBoxes,
            PickFrame,
            PutFrameBack,
            TransformPoses,
            MergePoses,
            ConcatenatePoses,
            FilterPoses,
            ComparePoses,
            SavePoses,
            LoadPoses,
            DrawnCharacters,
        ]


async def comfy_entrypoint() -> SDPoseKit:
    """Called once by ComfyUI after it has imported the pack."""
    return SDPoseKit()
