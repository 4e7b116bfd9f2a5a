"""Two streams of poses side by side: what differs, in pictures and in numbers."""

from __future__ import annotations

from typing import Any

import comfy.model_management
import torch
from comfy_api.latest import io
from typing_extensions import override

from .. import sdpose
from ..sdpose.editing.comparing import MATCHES
from ..sdpose.formats import read_all
from ..sdpose.render.styles import STYLES
from .progress import Progress, count_of, report
from .render import fitted, nobody
from .sockets import advised, image_from_frames, poses_input
from .words import words

__all__ = ["ComparePoses"]


class ComparePoses(io.ComfyNode):
    """Poses of the same frames from two nodes in, pictures and a report of how they differ out."""

    @classmethod
    @override
    def define_schema(cls) -> io.Schema:
        text = words("SDPoseKit_ComparePoses")
        tip, out = text.inputs, text.outputs
        share = {"min": 0.0, "max": 1.0, "step": 0.01, "display_mode": io.NumberDisplay.slider}
        return io.Schema(
            node_id="SDPoseKit_ComparePoses",
            display_name="Compare Poses",
            category="SDPose Kit/edit",
            description=text.description,
            search_aliases=text.search_aliases,
            inputs=[
                poses_input("a", tooltip=tip["a"]),
                poses_input("b", tooltip=tip["b"]),
                io.Combo.Input("match", list(MATCHES), tooltip=tip["match"]),
                io.Float.Input("threshold", default=0.3, tooltip=tip["threshold"], **share),
                io.Float.Input("limit", default=0.05, tooltip=tip["limit"], **share),
                io.Combo.Input("style", list(STYLES), default="dwpose", tooltip=tip["style"], advanced=True),
                io.Image.Input("background", optional=True, tooltip=tip["background"]),
            ],
            outputs=[
                io.Image.Output("image", tooltip=out["image"]),
                io.String.Output("report", tooltip=out["report"]),
            ],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    @override
    def execute(
        cls, a: Any, b: Any, match: str, threshold: float, background: torch.Tensor | None = None, **look: Any
    ) -> io.NodeOutput:
        behind_wh = None if background is None else (background.shape[2], background.shape[1])
        with advised():
            clips = read_all([a, b], behind_wh)
        found = sdpose.editing.apart(*clips, match, threshold)
        text = _text(sdpose.editing.measured(found))
        report(cls.hidden.unique_id, text.splitlines()[0])
        found = found or sdpose.editing.apart([nobody()], [nobody()])
        canvas_wh = found[0].a.canvas_wh
        behind = [None] * len(found) if background is None else fitted(background, canvas_wh, len(found))
        pictures, progress = [], Progress(len(found))
        for frame, picture in zip(found, behind, strict=True):
            comfy.model_management.throw_exception_if_processing_interrupted()
            pictures.append(sdpose.editing.side_by_side(frame, canvas_wh, background=picture, **look))
            progress.advance(lambda: pictures[-1])
        return io.NodeOutput(image_from_frames(pictures), text)


def _text(found: dict[str, Any]) -> str:
    """A line for all frames together, and one for each of them."""
    frames = found["frames"]
    whole = f"{count_of(len(frames), 'frame', 'frames')}: {_line(found)}"
    return "\n".join([whole, *(f"frame {index}: {_line(frame)}" for index, frame in enumerate(frames))])


def _line(found: dict[str, Any]) -> str:
    """Such as `2 people in both, 3.1 px apart (0.040 torso lengths), 9.0 px at most, PCK@0.05 70 %, PCK@0.1 98 %`."""
    said = [f"{count_of(found['people'], 'person', 'people')} in both"]
    if found["px"] is not None:
        said.append(
            f"{found['px']:.1f} px apart ({found['torso']:.3f} torso lengths), {found['px_max']:.1f} px at most"
        )
        said += [f"PCK@{limit} {found[f'pck_{limit}']:.0%}" for limit in sdpose.editing.comparing.PCK_LIMITS]
    for side in ("a", "b"):
        people, points = found[f"people_{side}"], found[f"points_{side}"]
        if people or points:
            told = count_of(people, "person", "people"), count_of(points, "point", "points")
            said.append(f"only in {side}: {told[0]} and {told[1]} of those in both")
    return ", ".join(said)
