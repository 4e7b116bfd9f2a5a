"""A video of any length to skeletons, without ever holding it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import comfy.model_management
import folder_paths
import numpy as np
from comfy_api.latest import InputImpl, io
from comfy_execution.graph import ExecutionBlocker
from typing_extensions import override

from .. import sdpose
from ..sdpose.errors import BadOption
from ..sdpose.formats.boxes import Boxes, read_boxes
from ..sdpose.media import Video
from ..sdpose.render.styles import STYLES
from ..sdpose.video.steady import Steadiness
from . import residency
from .detect import make_detector
from .progress import Progress, count_of, report
from .sockets import DetectorSocket, DiffPoseSocket, ModelSocket, PosesSocket, boxes_input
from .words import words

if TYPE_CHECKING:
    from ..sdpose.estimate import Estimator
    from ..sdpose.media import Frame
    from ..sdpose.poses import Poses
    from ..sdpose.video import VideoEstimator
    from ..sdpose.video.pipeline import Filmed, Finder

__all__ = ["PoseVideo"]


class PoseVideo(io.ComfyNode):
    """A video in, its skeletons out."""

    @classmethod
    @override
    def define_schema(cls) -> io.Schema:
        text = words("SDPoseKit_PoseVideo")
        tip = text.inputs
        share = {"min": 0, "max": 1, "step": 0.01, "display_mode": io.NumberDisplay.slider}
        return io.Schema(
            node_id="SDPoseKit_PoseVideo",
            display_name="Pose Video (any length)",
            category="SDPose Kit/video",
            description=text.description,
            search_aliases=text.search_aliases,
            inputs=[
                io.Video.Input("video", tooltip=tip["video"]),
                io.MultiType.Input("model", [ModelSocket, DiffPoseSocket], tooltip=tip["model"]),
                DetectorSocket.Input("detector", optional=True, tooltip=tip["detector"]),
                boxes_input("boxes", optional=True, tooltip=tip["boxes"]),
                io.Float.Input("detect_threshold", default=0.5, tooltip=tip["detect_threshold"], **share),
                io.Boolean.Input("track", default=True, tooltip=tip["track"]),
                io.Float.Input("steady", default=0.5, tooltip=tip["steady"], **share),
                io.Combo.Input("style", list(STYLES), default="dwpose", tooltip=tip["style"]),
                io.Float.Input("threshold", default=0.3, tooltip=tip["threshold"], **share),
                io.Boolean.Input("overlay", default=True, tooltip=tip["overlay"]),
                io.Int.Input("batch_size", default=0, min=0, max=256, tooltip=tip["batch_size"], advanced=True),
            ],
            outputs=[
                io.Video.Output("skeleton", tooltip=text.outputs["skeleton"]),
                io.Video.Output("overlay", tooltip=text.outputs["overlay"]),
                PosesSocket.Output("poses", tooltip=text.outputs["poses"]),
                io.String.Output("report", tooltip=text.outputs["report"]),
            ],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    @override
    def execute(
        cls,
        video: Any,
        model: residency.ResidentModel | residency.ResidentDiffPose,
        detect_threshold: float,
        track: bool,
        steady: float,
        overlay: bool,
        batch_size: int,
        detector: Path | None = None,
        boxes: Any = None,
        **look: Any,
    ) -> io.NodeOutput:
        estimator, find = _estimator(model, batch_size), _finder(detector, detect_threshold, boxes)
        steadiness = Steadiness(strength=steady) if steady else None
        edited, skeletons, overlays = _files("edited", "skeleton", "overlay")
        options = {"find": find, "track": track, "steadiness": steadiness, "look": look}
        files = {"skeleton": skeletons, "overlay": overlays if overlay else None}
        filmed = _filmed(_opened(video, edited), estimator, options | files)
        text = _summary(filmed)
        report(cls.hidden.unique_id, text)
        over = InputImpl.VideoFromFile(str(overlays)) if overlay else ExecutionBlocker(None)
        return io.NodeOutput(InputImpl.VideoFromFile(str(skeletons)), over, filmed.poses, text)


def _filmed(source: Video, estimator: Estimator | VideoEstimator, options: dict[str, Any]) -> Filmed:
    """Run the whole way, with a progress bar and small pictures. Cancel is heard where there is nobody as well."""
    from ..sdpose.video.pipeline import pose_video  # loads OpenCV

    bar = Progress(source.expected or 1)

    def progress(done: int, expected: int | None, poses: Poses, image: Frame) -> None:
        comfy.model_management.throw_exception_if_processing_interrupted()
        bar.advance(lambda: sdpose.overlay(image, poses))

    return pose_video(source, estimator, keep=True, progress=progress, **options)


def _opened(video: Any, copy: Path) -> Video:
    """The file behind a VIDEO, and the part of it that was cut out.

    Where that file is not the video, because a newer ComfyUI has yet to crop or scale it, or an older one does not tell
    what it is trimmed to, it is saved as `copy` first.

    Raises:
        BadVideo: it cannot be read.
    """
    window = getattr(video, "get_active_trim_window", None)
    edited = getattr(video, "has_pending_frame_edits", lambda: False)
    if window is not None and not edited():
        return Video(video.get_stream_source(), *window())
    video.save_to(str(copy))
    return Video(copy)


def _files(*names: str) -> list[Path]:
    """Where the videos are written: in ComfyUI's temp folder, under a number that is not taken."""
    folder, name, counter, _, _ = folder_paths.get_save_image_path("sdposekit", folder_paths.get_temp_directory())
    return [Path(folder, f"{name}_{counter:05}_{kind}.mp4") for kind in names]


def _estimator(
    model: residency.ResidentModel | residency.ResidentDiffPose, batch_size: int
) -> Estimator | VideoEstimator:
    kind = sdpose.VideoEstimator if isinstance(model, residency.ResidentDiffPose) else sdpose.Estimator
    cancel = comfy.model_management.throw_exception_if_processing_interrupted
    return kind(model, batch_size=batch_size or "auto", before_batch=cancel)


def _finder(detector: Path | None, threshold: float, boxes: Any) -> Finder | None:
    """Where the people of some frames are, or None when each whole frame is one person.

    Raises:
        BadOption: there are both a detector and boxes.
        BadBoxes: something in `boxes` is not a box.
    """
    if detector is not None and boxes is not None:
        raise BadOption("detector and boxes both say where the people are: connect one of them")
    if boxes is not None:
        return _placed(read_boxes(boxes))
    if detector is None:
        return None
    find = make_detector(detector, threshold, "none")
    return lambda frames: [found.boxes for found in find.batch([frame.image for frame in frames])]


def _placed(places: Sequence[Boxes]) -> Finder:
    """The people whose boxes are known; those of the last frame hold for the rest of the video."""

    def find(frames: Sequence[Any]) -> list[np.ndarray]:
        found = [(places[min(frame.index, len(places) - 1)], frame.image.shape[1::-1]) for frame in frames]
        return [boxes.on(canvas_wh).corners for boxes, canvas_wh in found]

    return find


def _summary(filmed: Filmed) -> str:
    """One line for the node, such as `2 people in 240 frames, the model waited for 3 % of the time`."""
    people = count_of(filmed.people, "person", "people")
    frames = count_of(filmed.frames, "frame", "frames")
    return f"{people} in {frames}, the model waited for {filmed.waiting:.0%} of the time"
