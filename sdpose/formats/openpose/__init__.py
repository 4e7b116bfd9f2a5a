"""OpenPose JSON as ComfyUI core's POSE_KEYPOINT: a list of frames, ready for `json.dump`; and its many variants.

    [{"canvas_width": 512, "canvas_height": 768,
      "people": [{"pose_keypoints_2d": [x, y, score, ...],      # 18 points
                  "foot_keypoints_2d": [...],                   #  6
                  "face_keypoints_2d": [...],                   # 70: 68 landmarks and the body's two eyes
                  "hand_right_keypoints_2d": [...],             # 21
                  "hand_left_keypoints_2d": [...],              # 21
                  "track_id": 3, "bbox": [x1, y1, x2, y2], "score": 0.9}]}]

Coordinates are pixels of the canvas, scores raw. Every list is always full: a point that nobody looked for is
0, 0, 0; one that was not found keeps its coordinates and its low score, because readers that make face boxes
take every coordinate as it is. Left and right are the person's own (ComfyUI core's extractor swaps the labels
of the hands).
`track_id`, `bbox` and `score` are written when the poses have them; readers that do not know them skip them. A frame
whose numbers may be taken for shares of the canvas says "units": "pixels" too; see `units`.

Other tools write other frames under the same name: `variants.json` lists them, and all are read.
"""

from .reading import frames_in, from_frames
from .recognition import fits, is_animals, read, read_any, read_shares, units_of, variant_of
from .traits import track_ids_in, traits_of
from .variants import Variant, variants
from .writing import Frame, to_frames, write_frames

__all__ = [
    "Frame",
    "Variant",
    "fits",
    "frames_in",
    "from_frames",
    "is_animals",
    "read",
    "read_any",
    "read_shares",
    "to_frames",
    "track_ids_in",
    "traits_of",
    "units_of",
    "variant_of",
    "variants",
    "write_frames",
]
