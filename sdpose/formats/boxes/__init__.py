"""Boxes of every shape in and out: BOUNDING_BOX, BBOX, SEGS, MASK, the JSON of Florence-2 and of KJ's points editor.

What `read_boxes` takes for what, by structure alone:

- Text and bytes are JSON first.
- One box is `{"x", "y", "width", "height"}` with or without `label`, `score` and `track_id`; `{"startX", "startY",
  "endX", "endY"}`, in any order; `{"label", "box"}` with corners, around which the box is; an object with a `bbox`,
  such as Impact Pack's SEG; or 4 numbers, and a score as the fifth.
- 4 numbers are x1, y1, x2, y2 unless `form` says "xywh". When that leaves no area they are refused, but for 4 zeros: so
  SCAIL-Pose and WanAnimatePreprocess write that there is nobody. With `form` "xyxy" corners are taken in any order.
- Places from 0 to 1 under "box" are shares of the picture, as the Florence-2 nodes write them, and need its size.
- The boxes of one frame are a list of boxes, one box, nobody (null or an empty list), SEGS `((height, width), [SEG])`,
  or Florence-2's `{"bboxes", "labels"}` or `{"quad_boxes", "labels"}`.
- A list that holds anything but single boxes is a list of frames. When it is shorter than the clip its last frame holds
  for the rest, as in ComfyUI's own nodes; when it is longer it belongs to other pictures and is refused.
- A list of boxes only is one frame, and holds for every frame. But a list of several boxes in numbers may be one box
  per frame as well, the last of which holds for the rest: unless there are more of them than frames, `flat` has to say
  which.
- An array or a tensor with 4 or 5 columns is numbers as above, another one of two or three axes is masks. Where all of
  the values are 0 to 1 it could be both, and `form` has to say it.
- A mask is the box around what it shows (or one for each of its connected parts, with `form` "blobs"). Of several masks
  each is a person if there is one frame, and a frame if there are as many; else `flat` has to say it. One mask holds
  for every frame.
- Whatever else comes is refused, with the frame, the person and the field.
"""

from .container import Boxes
from .layout import FLATS, FORMS
from .masks import canvas_of, to_masks
from .reading import read_boxes
from .segs import CROP_FACTOR, Seg, to_segs
from .writing import BBOX_FORMS, to_bbox, to_bounding_boxes

__all__ = [
    "BBOX_FORMS",
    "CROP_FACTOR",
    "FLATS",
    "FORMS",
    "Boxes",
    "Seg",
    "canvas_of",
    "read_boxes",
    "to_bbox",
    "to_bounding_boxes",
    "to_masks",
    "to_segs",
]
