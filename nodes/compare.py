"""Two streams of poses side by side: what differs, in pictures and in numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

import comfy.model_management
import numpy as np
import torch
from comfy_api.latest import io
from typing_extensions import override

from .. import sdpose
from ..sdpose.editing.comparing import MATCHES, Apart
from ..sdpose.render.styles import STYLES
from .pieces import joined_streams, settings
from .progress import Progress, count_of, report
from .render import fitted, nobody
from .sockets import image_from_frames, poses_input
from .words import words

__all__ = ["ComparePoses"]


class ComparePoses(io.ComfyNode):
    """Poses of the same frames from two nodes in, pictures and a report of how they differ out."""

    @classmethod
    @override
    def define_schema(cls) -> io.Schema:
        text = words("SDPoseKit_ComparePoses")
        tip, out = text.inputs, text.outputs
        side = {"min": 0, "max": 16384}
        share = {"min": 0.0, "max": 1.0, "step": 0.01, "display_mode": io.NumberDisplay.slider}
        return io.Schema(
            node_id="SDPoseKit_ComparePoses",
            display_name="Compare Poses",
            category="SDPose Kit/edit",
            description=text.description,
            search_aliases=text.search_aliases,
            is_input_list=True,
            inputs=[
                poses_input("a", tooltip=tip["a"]),
                poses_input("b", tooltip=tip["b"]),
                io.Combo.Input("match", list(MATCHES), tooltip=tip["match"]),
                io.Float.Input("threshold", default=0.3, tooltip=tip["threshold"], **share),
                io.Float.Input("limit", default=0.05, tooltip=tip["limit"], **share),
                io.Combo.Input("style", list(STYLES), default="dwpose", tooltip=tip["style"], advanced=True),
                io.Int.Input("width", default=0, tooltip=tip["width"], **side),
                io.Int.Input("height", default=512, tooltip=tip["height"], **side),
                io.Image.Input("background", optional=True, tooltip=tip["background"]),
            ],
            outputs=[
                io.Image.Output("image", tooltip=out["image"], is_output_list=True),
                io.String.Output("report", tooltip=out["report"]),
            ],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    @override
    def execute(
        cls, a: list[Any], b: list[Any], background: list[torch.Tensor] | None = None, **widgets: list[Any]
    ) -> io.NodeOutput:
        chosen = settings(widgets)
        clips, pieces = joined_streams([a, b], background)
        found = sdpose.editing.apart(*clips, chosen["match"], chosen["threshold"])
        text = _text(sdpose.editing.measured(found))
        report(cls.hidden.unique_id, text.splitlines()[0])
        found = found or sdpose.editing.apart([nobody()], [nobody()])
        lengths = next((each for each in pieces if sum(each) == len(found)), [len(found)])
        panel_wh = _within(found[0].a.canvas_wh, chosen["width"], chosen["height"])
        sdpose.media.check_room(3 * len(found) * panel_wh[0] * panel_wh[1])
        behind = _behind(background, panel_wh, len(found))
        drawn = _drawn(found, behind, canvas_wh=panel_wh, style=chosen["style"], limit=chosen["limit"])
        return io.NodeOutput([image_from_frames(list(islice(drawn, length))) for length in lengths if length], text)


def _drawn(found: Sequence[Apart], behind: Sequence[np.ndarray | None], **look: Any) -> Iterator[np.ndarray]:
    """A picture for each frame, while a progress bar and small pictures follow and cancel is heard."""
    progress = Progress(len(found))
    for frame, background in zip(found, behind, strict=True):
        comfy.model_management.throw_exception_if_processing_interrupted()
        picture = sdpose.editing.side_by_side(frame, background=background, **look)
        yield picture
        progress.advance(lambda picture=picture: picture)


def _within(canvas_wh: tuple[int, int], width: int, height: int) -> tuple[int, int]:
    """The canvas' size, or a smaller one of its shape that is no wider and no higher than this; 0 is any."""
    factor = min([1.0, *(most / side for most, side in zip((width, height), canvas_wh, strict=True) if most)])
    return max(1, round(canvas_wh[0] * factor)), max(1, round(canvas_wh[1] * factor))


def _behind(
    background: Sequence[torch.Tensor] | None, canvas_wh: tuple[int, int], frames: int
) -> Sequence[np.ndarray | None]:
    """A picture for each frame, in the size of the panels; the last one serves all that are missing."""
    found: list[np.ndarray | None] = []
    for pictures in background or ():
        if len(found) < frames:
            found += fitted(pictures, canvas_wh, min(len(pictures), frames - len(found)))
    return found + (found[-1:] or [None]) * (frames - len(found))


def _text(found: dict[str, Any]) -> str:
    """A line for all frames together, and one for each of them."""
    frames = found["frames"]
    whole = f"{count_of(len(frames), 'frame', 'frames')}: {_line(found)}"
    return "\n".join([whole, *(f"frame {index}: {_line(frame)}" for index, frame in enumerate(frames))])


def _line(found: dict[str, Any]) -> str:
    """Such as `2 poses in both, 3.1 px apart (0.040 torso lengths), 9.0 px at most, PCK@0.05 70 %, PCK@0.1 98 %`."""
    said = [f"{count_of(found['people'], 'pose', 'poses')} in both"]
    if found["px"] is not None:
        said.append(
            f"{found['px']:.1f} px apart ({found['torso']:.3f} torso lengths), {found['px_max']:.1f} px at most"
        )
        said += [f"PCK@{limit} {found[f'pck_{limit}']:.0%}" for limit in sdpose.editing.comparing.PCK_LIMITS]
    for side in ("a", "b"):
        people, points = found[f"people_{side}"], found[f"points_{side}"]
        if people or points:
            told = count_of(people, "pose", "poses"), count_of(points, "point", "points")
            said.append(f"only in {side}: {told[0]} and {told[1]} of those in both")
    return ", ".join(said)
