"""Pictures through ComfyUI's own nodes and poses through Transform Poses stay together, in a real ComfyUI."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest

import sdpose

from .prompts import LOOK, SIZE, drawn, node, picture

CLIP = drawn(seed=16, frames=2, animate=True, side=192)
SCALE = {"upscale_method": "nearest-exact"}
PAD = {"left": 16, "top": 8, "right": 0, "bottom": 32}
BOTH = {
    "crop": ("ImageCrop", {"x": 33, "y": 20, "width": 120, "height": 500}),
    "resize": ("ImageScale", {"width": 300, "height": 200, "crop": "center"}),
    "scale by": ("ImageScaleBy", {"scale_by": 1.5}),
    "pad": ("ImagePadForOutpaint", PAD),
    "flip": ("ImageFlip", {"direction": "horizontal", "sides": "keep"}),
    "flip upside down": ("ImageFlip", {"direction": "vertical", "sides": "swap"}),
    "rotate": ("ImageRotate", {"rotation": "90 degrees"}),
    "turn over": ("ImageRotate", {"rotation": "180 degrees"}),
    "rotate back": ("ImageRotate", {"rotation": "270 degrees"}),
}
NAMES = {"flip upside down": "flip", "turn over": "rotate", "rotate back": "rotate"}
OF_CORE = {"ImageScale": SCALE, "ImageScaleBy": SCALE, "ImagePadForOutpaint": {"feathering": 0}}
LARGER = {"resize": 300 / 192, "scale by": 1.5}
"""How many times larger the people become, and so the limbs that are drawn."""

FLIPS = {"horizontal": "y-axis: horizontally", "vertical": "x-axis: vertically"}


def unlike(one, other, pixels):
    """How many lit pixels of either picture are further than that from a lit pixel of the other."""
    masks = [np.asarray(shown.max(axis=2) > 0, np.uint8) for shown in (one, other)]
    around = np.ones((2 * pixels + 1,) * 2, np.uint8)
    return sum(int((a & (1 - cv2.dilate(b, around))).sum()) for a, b in (masks, masks[::-1]))


def of_core(name, image):
    """ComfyUI's own node that does the same to a picture."""
    class_type, asked = BOTH[name]
    if class_type == "ImageFlip":
        asked = {"flip_method": FLIPS[asked["direction"]]}
    return node(class_type, image=image, **asked, **OF_CORE.get(class_type, {}))


def of_ours(name, poses):
    flat = {f"operation.{key}": value for key, value in BOTH[name][1].items()}
    chosen = NAMES.get(name, name)
    return node("SDPoseKit_TransformPoses", poses=poses, operation=chosen, drop_outside=False, **flat)


@pytest.mark.parametrize("name", BOTH)
def test_poses_follow_their_pictures(server, name):
    """To a pixel of the coarser picture, but for a few where the style cuts off what is left of a limb's angle."""
    larger = LARGER.get(name, 1.0)
    prompt = {
        "clip": CLIP,
        "skeletons": node("SDPoseKit_RenderSkeleton", poses=["clip", 2], **LOOK, **SIZE),
        "changed": of_core(name, ["skeletons", 0]),
        "moved": of_ours(name, ["clip", 2]),
        "redrawn": node("SDPoseKit_RenderSkeleton", poses=["moved", 0], **LOOK, **SIZE | {"scale": larger}),
        "one": node("PreviewImage", images=["changed", 0]),
        "other": node("PreviewImage", images=["redrawn", 0]),
    }
    outputs = server.run(prompt)
    pairs = [[picture(server, shown) for shown in outputs[key]["images"]] for key in ("one", "other")]
    assert len(pairs[0]) == 2
    for changed, redrawn in zip(*pairs, strict=True):
        assert changed.shape == redrawn.shape and redrawn.any()
        if name == "pad":  # the padding is grey
            changed = np.where(changed == changed[0, 0], 0, changed)
        coarse = int(np.ceil(larger))
        assert unlike(changed, redrawn, coarse) <= 0.002 * redrawn.any(axis=2).sum()
        assert unlike(changed, redrawn, coarse + 1) == 0


def test_streams_grow_and_are_compared_in_a_graph(server):
    prompt = {
        "clip": CLIP,
        "aside": of_ours("flip", ["clip", 2]),
        "merged": node("SDPoseKit_MergePoses", **{"poses.poses0": ["clip", 2], "poses.poses1": ["aside", 0]},
                       track_ids="distinct"),
        "pieces": node("SDPoseKitProbe_Pieces", frames=["merged", 0], length=1),
        "joined": node("SDPoseKit_ConcatenatePoses", **{"poses.poses0": ["pieces", 0], "poses.poses1": ["clip", 2]},
                       canvas="keep", track_ids="keep"),
        "body": node("SDPoseKit_FilterPoses", poses=["joined", 0], threshold=0, mean_score=0, points=1, places=False,
                     **dict.fromkeys(("body", "feet", "face", "left_hand", "right_hand"), True),
                     **{f"{part}_threshold": 0 for part in ("body", "feet", "face", "left_hand", "right_hand")}),
        "compared": node("SDPoseKit_ComparePoses", a=["clip", 2], b=["merged", 0], match="auto", threshold=0.3,
                         limit=0.05, style="dwpose", width=0, height=512),
        "shown": node("PreviewImage", images=["compared", 0]),
        "frames": node("SDPoseKitProbe_ShowValue", value=["body", 0]),
        "report": node("SDPoseKitProbe_ShowValue", value=["compared", 1]),
    }  # fmt: skip
    outputs = server.run(prompt)
    clip = [drawing.poses for drawing in sdpose.synthetic.clip(16, 2, (192, 192), split="test")]
    frames = json.loads(outputs["frames"]["json"][0])
    people = [len(frame) for frame in clip]
    assert [len(frame["people"]) for frame in frames] == [2 * people[0], 2 * people[1], *people]
    ids = [[person["track_id"] for person in frame["people"]] for frame in frames]
    assert ids[2:] == [frame.ids.tolist() for frame in clip] and len(set(ids[0])) == 2 * people[0]
    text = json.loads(outputs["report"]["json"][0])
    assert text.startswith(f"2 frames: {sum(people)} poses in both, 0.0 px apart") and "only in b" in text
    assert [picture(server, shown).shape for shown in outputs["shown"]["images"]] == [(192, 576, 3)] * 2
