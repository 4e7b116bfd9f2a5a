"""Boxes, masks and face crops from poses, in graphs of a real ComfyUI."""

from __future__ import annotations

import numpy as np

import sdpose
from sdpose import regions

from .prompts import drawn, node, picture

CLIP = drawn(seed=16, frames=6, animate=True, side=192)
CROP = {"track_id": -1, "size": 64, "margin": 0.5, "threshold": 0.3, "find_cuts": True}
LOOK = {"shape": "limbs", "grow": 2, "feather": 3, "threshold": 0.3, "width": 0, "height": 0}


def test_each_person_goes_through_the_rest_of_the_graph_alone(server):
    """Crops, masks and flags are lists of clips: ComfyUI runs what follows once for each person."""
    prompt = {
        "clip": CLIP,
        "faces": node("SDPoseKit_FaceCrops", poses=["clip", 2], image=["clip", 0], **CROP),
        "masks": node("SDPoseKit_PosesToMasks", poses=["clip", 2], region="person", people="one by one", **LOOK),
        "crops": node("PreviewImage", images=["faces", 0]),
        "flags": node("MaskToImage", mask=["faces", 2]),
        "seen": node("PreviewImage", images=["flags", 0]),
        "bodies": node("MaskToImage", mask=["masks", 0]),
        "people": node("PreviewImage", images=["bodies", 0]),
    }
    outputs = server.run(prompt)
    clip = [drawing.poses for drawing in sdpose.synthetic.clip(16, 6, (192, 192), split="test")]
    tracks = regions.face_tracks(clip)
    faces = [track for track in tracks.values() if track.seen.any()]
    crops, seen, people = ([picture(server, image) for image in outputs[name]["images"]] for name in
                           ("crops", "seen", "people"))  # fmt: skip
    assert len(crops) == len(seen) == 6 * len(faces) > 6 and len(people) == 6 * len(tracks)
    assert [bool(flag.any()) for flag in seen] == [bool(flag) for track in faces for flag in track.seen]
    one = [frame[frame.track_ids == next(iter(tracks))] for frame in clip]
    masks = [regions.mask(frame, grow=2, feather=3) for frame in one]
    np.testing.assert_allclose(np.stack(people[:6])[..., 0], np.stack(masks), atol=1)


def test_boxes_go_into_core_s_crop(server):
    prompt = {
        "clip": CLIP,
        "boxes": node("SDPoseKit_PosesToBoxes", poses=["clip", 2], region="person", margin=0.2, threshold=0.3),
        "crop": node("CropByBBoxes", image=["clip", 0], bboxes=["boxes", 0], output_width=64, output_height=64,
                     padding=0, keep_aspect="pad"),
        "show": node("PreviewImage", images=["crop", 0]),
    }  # fmt: skip
    assert len(server.run(prompt)["show"]["images"]) == 6
