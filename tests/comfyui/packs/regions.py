"""Boxes, masks, SEGS and animals between our nodes and those of other packs."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from ..prompts import node
from ..server import Server
from .graphs import (
    Link,
    Nodes,
    convert,
    defaults,
    one_frame,
    one_person,
    pictures,
    poses_of,
    preview,
    run,
    show,
    shown,
    skeleton,
    value,
)
from .people import CANVAS, clip
from .placed import LIT
from .producers import FRAMES, WITHOUT_WEIGHTS, detected

WIDTH, HEIGHT = CANVAS
OUT, IN = "from ours", "to ours"
POSES: Link = ["poses", 0]


@dataclass(frozen=True)
class Exchange:
    """One node of another pack that takes boxes, masks or SEGS from ours, or gives them.

    Attributes:
        pack, kind, title: whose it is, its class, and what it is called.
        way: `OUT` or `IN`.
        through: how to connect it.
        faults: run it; what is wrong with what it shows or gives. Raises graphs.Failed where a node fails.
        note: what else to know.
    """

    pack: str
    kind: str
    title: str
    way: str
    through: str
    faults: Callable[[Server], list[str]]
    note: str = ""


# Our side of the graphs.


def _people(frames: int = FRAMES, single: bool = False) -> Nodes:
    whole = {"all poses": poses_of(clip(frames))}
    return whole | {"poses": one_person(["all poses", 0]) if single else poses_of(clip(frames))}


def _boxes(region: str = "person") -> dict[str, Any]:
    return node("SDPoseKit_PosesToBoxes", poses=POSES, region=region, margin=0.2, threshold=0.3)


def _seen_masks(server: Server, region: str = "person") -> Nodes:
    """Our masks of a region of everybody, and pictures of them."""
    hull = defaults(server, "SDPoseKit_PosesToMasks", poses=POSES, region=region, shape="hull")
    masks = {"masks": hull, "mask images": node("MaskToImage", mask=["masks", 0])}
    return masks | {"masks seen": preview(["mask images", 0])}


def _bounds(server: Server, outputs: dict[str, Any]) -> tuple[int, int, int, int]:
    """The corners of what is set in the first of our masks."""
    y, x = np.nonzero(pictures(server, outputs, "masks seen")[0].max(axis=2) > LIT)
    return int(x.min()), int(y.min()), int(x.max()) + 1, int(y.max()) + 1


def _converted(server: Server, link: Link, **chosen: Any) -> dict[str, Any]:
    return defaults(server, "SDPoseKit_ConvertBoxes", boxes=link, **chosen)


def _blank(frames: int = FRAMES) -> dict[str, Any]:
    return node("EmptyImage", width=WIDTH, height=HEIGHT, batch_size=frames, color=0)


def _corners(boxes: Sequence[dict[str, float]]) -> np.ndarray:
    rows = [(box["x"], box["y"], box["x"] + box["width"], box["y"] + box["height"]) for box in boxes]
    return np.array(rows, np.float64).reshape(-1, 4)


# What is looked at.


def boxes_off(found: Sequence[Any], due: Sequence[Any], near: float = 1.0) -> list[str]:
    """Where the boxes of frames, as corners, are not those that there have to be."""
    wrong = []
    if len(found) != len(due) or not any(len(frame) for frame in due):
        return [f"boxes of {len(found)} frames, not {len(due)}"]
    for index, (one, other) in enumerate(zip(found, due, strict=True)):
        one, other = np.array(one, np.float64), np.array(other, np.float64)
        if one.shape != other.shape or (np.abs(one - other) > near).any():
            wrong.append(f"frame {index}: {one.tolist()}, not {other.tolist()}")
    return wrong


def outlined(image: np.ndarray, corners: np.ndarray) -> list[str]:
    """What is wrong with the outlines of boxes in a picture: each is whole, and there is nothing else but labels."""
    lit = image.max(axis=2) > LIT
    near = cv2.dilate(lit.astype(np.uint8), np.ones((5, 5), np.uint8))
    around, wrong = np.zeros(lit.shape, np.uint8), []
    for x1, y1, x2, y2 in np.rint(corners).astype(int).tolist():
        outline = cv2.rectangle(np.zeros(lit.shape, np.uint8), (x1, y1), (x2, y2), 1, 1)
        share = float(near[outline.astype(bool)].mean())
        wrong += [f"only {share:.0%} of the outline of {(x1, y1, x2, y2)} is drawn"] * (share < 0.98)
        cv2.rectangle(around, (x1, y1), (x2, y2), 1, 9)
        cv2.rectangle(around, (x1, y1), (x1 + 100, y1 + 24), 1, -1)
    return wrong + ["more than outlines is drawn"] * bool((lit & ~around.astype(bool)).any())


def alike(ones: Sequence[np.ndarray], others: Sequence[np.ndarray], most: float = 4.0) -> list[str]:
    """Where pictures differ by more than so many levels on average; or show nothing."""
    if len(ones) != len(others):
        return [f"{len(ones)} pictures, not {len(others)}"]
    wrong = []
    for index, (one, other) in enumerate(zip(ones, others, strict=True)):
        if one.shape != other.shape or not other.any():
            wrong.append(f"picture {index}: {one.shape}, not {other.shape}, or blank")
        elif (away := float(np.abs(one.astype(int) - other.astype(int)).mean())) > most:
            wrong.append(f"picture {index}: {away:.1f} levels off")
    return wrong


# From ours.


def _draw_boxes(server: Server) -> list[str]:
    theirs = node("DrawBBoxes", bboxes=["boxes", 0], image=["blank", 0])
    prompt = _people() | {"boxes": _boxes(), "blank": _blank(), "theirs": theirs}
    outputs = run(server, prompt | {"seen": preview(["theirs", 0]), "due": show(["boxes", 0])})
    frames = zip(pictures(server, outputs, "seen"), shown(outputs, "due"), strict=True)
    return [fault for image, boxes in frames for fault in outlined(image, _corners(boxes))]


def _crop(server: Server) -> list[str]:
    theirs = defaults(server, "CropByBBoxes", image=["drawn", 0], bboxes=["boxes", 0])
    prompt = _people(single=True) | {"boxes": _boxes("face"), "drawn": skeleton(POSES), "theirs": theirs}
    prompt |= {name: preview([name.split()[0], 0]) for name in ("theirs seen", "drawn seen")}
    outputs = run(server, prompt | {"due": show(["boxes", 0])})
    due = []
    for image, (box,) in zip(pictures(server, outputs, "drawn seen"), shown(outputs, "due"), strict=True):
        x1, y1, x2, y2 = _corners([box])[0].astype(int)
        due.append(cv2.resize(image[y1:y2, x1:x2], (512, 512), interpolation=cv2.INTER_LINEAR))
    return alike(pictures(server, outputs, "theirs seen"), due, most=12)


def _visualize(server: Server) -> list[str]:
    bbox = _converted(server, ["boxes", 0], bbox_form="xyxy", bbox_lists="one for all")
    theirs = node("BboxVisualize", images=["blank", 0], bboxes=["bbox", 1], line_width=2, bbox_format="xyxy")
    prompt = _people(single=True) | {"boxes": _boxes(), "blank": _blank(), "bbox": bbox, "theirs": theirs}
    outputs = run(server, prompt | {"seen": preview(["theirs", 0]), "due": show(["boxes", 0])})
    frames = zip(pictures(server, outputs, "seen"), shown(outputs, "due"), strict=True)
    return [fault for image, boxes in frames for fault in outlined(image, _corners(boxes))]


def _to_bounding_box(server: Server) -> list[str]:
    bbox = _converted(server, ["boxes", 0], bbox_form="xyxy", bbox_lists="one for all")
    theirs = node("BBOXToBoundingBoxKJ", bbox=["bbox", 1], bbox_format="xyxy", index=1)
    prompt = _people(frames=1) | {"boxes": _boxes(), "bbox": bbox, "theirs": theirs}
    outputs = run(server, prompt | {"seen": show(["theirs", 0]), "due": show(["boxes", 0])})
    return boxes_off([_corners([shown(outputs, "seen")])], [_corners(shown(outputs, "due")[0])[1:]])


def _crop_by_mask(server: Server) -> list[str]:
    given = {"original_images": ["drawn", 0], "masks": ["masks", 0], "bbox_smooth_alpha": 1.0}
    theirs = defaults(server, "BatchCropFromMask", **given)
    prompt = _people(frames=1, single=True) | {"drawn": skeleton(POSES), "theirs": theirs} | _seen_masks(server)
    outputs = run(server, prompt | {"cropped": show(["theirs", 2])})
    x, y, width, height = shown(outputs, "cropped")[0]
    x1, y1, x2, y2 = _bounds(server, outputs)
    across, down = min(x2, x + width) - max(x1, x), min(y2, y + height) - max(y1, y)
    held = max(across, 0) * max(down, 0) / max(width * height, (x2 - x1) * (y2 - y1))
    return [] if held > 0.9 else [f"the crop {(x, y, width, height)} holds {held:.0%} of {(x1, y1, x2, y2)}"]


def _combined_mask(region: str) -> Callable[[Server], list[str]]:
    """SEGS of a region as one mask, and our own mask of it."""

    def faults(server: Server) -> list[str]:
        segs = defaults(server, "SDPoseKit_PosesToSegs", poses=POSES, region=region, shape="hull")
        prompt = _people() | {"segs": segs, "theirs": node("SegsToCombinedMask", segs=["segs", 0])}
        prompt |= _seen_masks(server, region) | {"images": node("MaskToImage", mask=["theirs", 0])}
        outputs = run(server, prompt | {"seen": preview(["images", 0])})
        return alike(pictures(server, outputs, "seen"), pictures(server, outputs, "masks seen"), most=2)

    return faults


def _crops_of_segs(server: Server) -> list[str]:
    segs = _converted(server, ["boxes", 0], image=["drawn", 0], crop_factor=1)
    theirs = node("SEGSToImageList", segs=["segs", 2], fallback_image_opt=["drawn", 0])
    prompt = _people(frames=1) | {"boxes": _boxes(), "drawn": skeleton(POSES), "segs": segs, "theirs": theirs}
    prompt |= {name: preview([name.split()[0], 0]) for name in ("theirs seen", "drawn seen")}
    outputs = run(server, prompt | {"due": show(["boxes", 0])})
    (image,), (boxes,) = pictures(server, outputs, "drawn seen"), shown(outputs, "due")
    seen = pictures(server, outputs, "theirs seen")
    wrong = [f"{len(seen)} crops of {len(boxes)} people"] * (len(seen) != len(boxes))
    for crop, (x1, y1, x2, y2) in zip(seen, np.rint(_corners(boxes)).astype(int).tolist(), strict=False):
        due = image[max(y1, 0) : y2, max(x1, 0) : x2]
        if np.abs(np.subtract(crop.shape, due.shape)).max() > 2 or not crop.any():
            wrong.append(f"a crop of {crop.shape}, not {due.shape}, or blank")
    return wrong


def _animals(server: Server) -> list[str]:
    """AP-10K goes through our nodes as it is, so that controlnet_aux draws it."""
    places = [(100 + 70 * (index % 5), 120 + 90 * (index // 5)) for index in range(17)]
    frame = {"version": "ap10k", "animals": [[number for place in places for number in (*place, 1.0)]]}
    clip = [frame | {"canvas_height": HEIGHT, "canvas_width": WIDTH}] * 2
    prompt = {"animals": value(clip), "frame": one_frame(["animals", 0]), "ours": convert(["frame", 0])}
    prompt |= {"theirs": node("RenderAnimalKps", kps=["ours", 0]), "read": show(["ours", 0])}
    outputs = run(server, prompt | {"seen": preview(["theirs", 0])})
    (image,) = pictures(server, outputs, "seen")
    lost = [place for place in places if not image[place[1] - 3 : place[1] + 4, place[0] - 3 : place[0] + 4].any()]
    changed = ["the animals changed on the way"] * (outputs["read"]["json"] != [json.dumps(clip[:1])])
    return changed + [f"nothing is drawn at {place}" for place in lost]


# To ours.


def _read(server: Server, nodes: Nodes, link: Link, **chosen: Any) -> tuple[list[np.ndarray], dict[str, Any]]:
    """Boxes of another pack as Convert Boxes gives them, as corners for each frame; and the outputs."""
    prompt = nodes | {"ours": _converted(server, link, **chosen), "read": show(["ours", 0])}
    outputs = run(server, prompt)
    return [_corners(frame) for frame in shown(outputs, "read")], outputs


def _single(server: Server) -> list[str]:
    theirs = node("PrimitiveBoundingBox", x=10, y=20, width=100, height=200)
    return boxes_off(_read(server, {"theirs": theirs}, ["theirs", 0], frames=1)[0], [[[10, 20, 110, 220]]])


def _faces(server: Server) -> list[str]:
    theirs = node("SDPoseFaceBBoxes", keypoints=POSES, scale=1.5, force_square=True)
    found, outputs = _read(server, _people() | {"theirs": theirs, "due": show(["theirs", 0])}, ["theirs", 0])
    return boxes_off(found, [_corners(frame) for frame in shown(outputs, "due")])


def _drawn_by_hand(server: Server) -> list[str]:
    box = {"startX": 200, "startY": 40, "endX": 100, "endY": 300}
    given = {"bboxes": json.dumps([box]), "bbox_format": "xyxy", "coordinates": json.dumps([{"x": 9, "y": 9}])}
    given |= {"neg_coordinates": "[]"}
    theirs = defaults(server, "PointsEditor", **given)
    return boxes_off(_read(server, {"theirs": theirs}, ["theirs", 2], frames=1)[0], [[[100, 40, 200, 300]]])


def _cropped(server: Server) -> list[str]:
    crop = defaults(server, "BatchCropFromMask", original_images=["drawn", 0], masks=["masks", 0])
    nodes = _people(frames=1, single=True) | {"drawn": skeleton(POSES), "theirs": crop} | _seen_masks(server)
    found, outputs = _read(server, nodes | {"due": show(["theirs", 2])}, ["theirs", 2], form="xywh", frames=1)
    x, y, width, height = shown(outputs, "due")[0]
    return boxes_off(found, [[[x, y, x + width, y + height]]])


def _detected(output: int) -> Callable[[Server], list[str]]:
    """Boxes that come beside POSEDATA: one of the first frame, or a face's for each frame."""

    def faults(server: Server) -> list[str]:
        nodes = detected("PoseAndFaceDetection")(server) | {"due": show(["theirs", output])}
        chosen = {"frames": FRAMES, "flat": "one per frame"} if output == 4 else {"frames": 1}
        found, outputs = _read(server, nodes, ["theirs", output], **chosen)
        return boxes_off(found, [[box] for box in shown(outputs, "due")])

    return faults


def _segs_of_masks(server: Server) -> list[str]:
    theirs = defaults(server, "MaskToSEGS", mask=["masks", 0], crop_factor=1.0)
    nodes = _people(frames=1, single=True) | {"theirs": theirs} | _seen_masks(server)
    found, outputs = _read(server, nodes, ["theirs", 0])
    return boxes_off(found, [[_bounds(server, outputs)]], near=2)


_KJ, _IMPACT, _WAN = "ComfyUI-KJNodes", "ComfyUI-Impact-Pack", "ComfyUI-WanAnimatePreprocess"

EXCHANGES = (
    Exchange("core", "DrawBBoxes", "Draw BBoxes", OUT, "Poses to Boxes", _draw_boxes),
    Exchange("core", "CropByBBoxes", "Crop By Bounding Boxes", OUT, "Poses to Boxes", _crop),
    Exchange(
        *(_KJ, "BboxVisualize", "Bbox Visualize", OUT),
        *("Convert Boxes, its `bbox`, `bbox_form` xyxy, `bbox_lists` one for all", _visualize),
        note="one person a frame",
    ),
    Exchange(
        *(_KJ, "BBOXToBoundingBoxKJ", "BBOX to Bounding Box KJ", OUT),
        *("Convert Boxes, its `bbox`, `bbox_form` xyxy, `bbox_lists` one for all", _to_bounding_box),
        note="one frame",
    ),
    Exchange(_KJ, "BatchCropFromMask", "Batch Crop From Mask", OUT, "Poses to Masks", _crop_by_mask),
    Exchange(
        *(_IMPACT, "SegsToCombinedMask", "SEGS to MASK (combined), people", OUT, "Poses to SEGS"),
        _combined_mask("person"),
    ),
    Exchange(
        *(_IMPACT, "SegsToCombinedMask", "SEGS to MASK (combined), faces", OUT, "Poses to SEGS", _combined_mask("face"))
    ),
    Exchange(
        *(_IMPACT, "SegsToCombinedMask", "SEGS to MASK (combined), hands", OUT, "Poses to SEGS"),
        _combined_mask("hands"),
    ),
    Exchange(_IMPACT, "SEGSToImageList", "SEGSToImageList", OUT, "Convert Boxes, its `segs`", _crops_of_segs),
    Exchange(
        *("comfyui_controlnet_aux", "RenderAnimalKps", "Render Pose JSON (Animal)", OUT, "Pick Frame, Convert Poses"),
        _animals,
        note="AP-10K, passed on as it is",
    ),
    Exchange("core", "PrimitiveBoundingBox", "Bounding Box", IN, "as it is", _single),
    Exchange("core", "SDPoseFaceBBoxes", "SDPose Face Bounding Boxes", IN, "as it is", _faces),
    Exchange(_KJ, "PointsEditor", "Points Editor, bbox", IN, "as it is", _drawn_by_hand),
    Exchange(_KJ, "BatchCropFromMask", "Batch Crop From Mask, bboxes", IN, "Convert Boxes, `form` xywh", _cropped),
    Exchange(
        *(_WAN, "PoseAndFaceDetection", "Pose and Face Detection, bboxes", IN, "as it is", _detected(3)),
        note=WITHOUT_WEIGHTS,
    ),
    Exchange(
        *(_WAN, "PoseAndFaceDetection", "Pose and Face Detection, face_bboxes", IN),
        *("Convert Boxes, `flat` one per frame", _detected(4)),
        note=WITHOUT_WEIGHTS,
    ),
    Exchange(_IMPACT, "MaskToSEGS", "MASK to SEGS", IN, "as it is", _segs_of_masks),
)
"""Every one that can be run without a model of its own, or with keypoints in place of what the model finds."""
