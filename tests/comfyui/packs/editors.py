"""A frame of a clip through the node of an editor, and back into the clip."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from sdpose import Poses, formats
from sdpose.topology import get

from ..prompts import node
from ..server import Server
from .graphs import convert, defaults, poses_of, run, show, shown
from .people import clip
from .producers import SURE
from .regions import Exchange

THERE_AND_BACK = "there and back"
FRAMES, EDITED = 4, 2


PICKED = object()
"""Where the node of an editor takes the frame."""


def _through(
    kind: str,
    profile: str,
    output: int = 0,
    moves: bool = False,
    near: float = 1e-3,
    **inputs: Any,
) -> Callable[[Server], list[str]]:
    """Run it with the third frame, which it changes or leaves; the others stay as they were."""

    def faults(server: Server) -> list[str]:
        given = {name: ["written", 0] if each is PICKED else each for name, each in inputs.items()}
        back = {"edited.edited0": ["theirs", output], "indices": str(EDITED)}
        prompt = {
            "clip": poses_of(clip(FRAMES)),
            "picked": node("SDPoseKit_PickFrame", poses=["clip", 0], index=EDITED),
            "written": convert(["picked", 0], profile),
            "theirs": defaults(server, kind, **given),
            "back": defaults(server, "SDPoseKit_PutFrameBack", poses=["clip", 0], **back),
        }
        outputs = run(server, prompt | {"read": show(["back", 0]), "edited": show(["theirs", output])})
        (edited,) = formats.read(shown(outputs, "edited"))
        return changed(shown(outputs, "read"), edited, moves, near)

    return faults


def changed(after: list[dict[str, Any]], edited: Poses, moves: bool, near: float) -> list[str]:
    """What is wrong with a clip into which an edited frame was put."""
    before, poses = formats.write(clip(FRAMES)), clip(FRAMES)[EDITED]
    wrong = [f"frame {index} changed" for index in range(FRAMES) if index != EDITED and after[index] != before[index]]
    (found,) = formats.read([after[EDITED]], "openpose")
    if found.track_ids is None or not np.array_equal(found.track_ids, poses.track_ids):
        wrong.append("the track ids are lost")
    if elsewhere := _off(found, edited, near):
        wrong.append(f"{', '.join(elsewhere)} elsewhere than in the editor")
    if bool(_off(found, poses, 1.0)) != moves:
        wrong.append("the editor's change is lost" if moves else "changed, and nothing was edited")
    return wrong


def _off(one: Poses, other: Poses, near: float) -> list[str]:
    """The keypoints of bodies, hands and faces that are further apart than so many pixels."""
    table = get("openpose134")
    one, other = one.to(table), other.to(table)
    off = (np.abs(one.points - other.points).max(axis=2) > near) & (other.scores > SURE)
    return [table.keypoints[k] for k in np.nonzero(off.any(axis=0))[0] if k not in table.indices("feet")]


_ULTIMATE = "ComfyUI-ultimate-openpose-editor"
_TURNED = {"appendage_type": "right_hand", "rotation": 45.0}

EDITORS = (
    Exchange(
        *("ComfyUI-OpenPose-Studio", "OpenPoseStudio", "OpenPose Studio", THERE_AND_BACK),
        "Pick Frame, Convert Poses, `profile` studio; Put Frame Back",
        _through("OpenPoseStudio", "studio", 2, near=0.51, pose_keypoint=PICKED),
        note="whose whole pixels move nothing",
    ),
    Exchange(
        *(_ULTIMATE, "OpenposeEditorNode", "Openpose Editor Node", THERE_AND_BACK),
        "Pick Frame, Convert Poses, `profile` editor; Put Frame Back",
        _through("OpenposeEditorNode", "editor", 1, POSE_KEYPOINT=PICKED, POSE_JSON=""),
    ),
    Exchange(
        *(_ULTIMATE, "AppendageEditorNode", "Appendage Editor, a hand turned", THERE_AND_BACK),
        "Pick Frame, Convert Poses, `profile` editor; Put Frame Back",
        _through("AppendageEditorNode", "editor", moves=True, POSE_KEYPOINT=PICKED, **_TURNED),
    ),
)
"""Every editor whose node hands on what it was given without anybody at its page."""
