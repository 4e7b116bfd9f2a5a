"""PoseTrack's files, annotations and results alike: those of 2017 are read, those of 2018 and 2021 read and written.

One JSON file is one clip. 2017 has a list of frames, every value in a list of its own, and 15 numbered keypoints:

    {"annolist": [{"image": [{"name": ".../00000001.jpg"}], "is_labeled": [1],
                   "ignore_regions": [{"point": [{"x": [..], "y": [..]}, ...]}, ...],
                   "annorect": [{"track_id": [0], "x1": [..], "y1": [..], "x2": [..], "y2": [..],     # the head
                                 "annopoints": [{"point": [{"id": [0], "x": [..], "y": [..], "score": [..]}]}]}]}]}

2018 and 2021 have COCO's tables, and 17 keypoints of which the ears are placeholders (x, y, flag; 0, 0, 0 is absent):

    {"images": [{"id": 1, "file_name": "images/val/000342_mpii_test/000000.jpg", "is_labeled": true,
                 "ignore_regions_x": [[..], ..], "ignore_regions_y": [[..], ..]}],
     "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "track_id": 0, "keypoints": [x, y, flag, ..],
                      "bbox": [x, y, w, h], "bbox_head": [x, y, w, h], "scores": [..]}],             # scores: results
     "categories": [{"name": "person", "keypoints": ["nose", "head_bottom", "head_top", ...]}]}      # 2021: left out

`extrapolated` beside them is ours: the keypoints in a result file that no model found (see `from_coco`).
"""

from .clip import UNSCORED, Clip, Frame
from .coco import EXTRAPOLATED, from_coco
from .dialect import fits, read_poses, write_poses
from .reading import from_json, read
from .writing import to_json, write

__all__ = [
    "EXTRAPOLATED",
    "UNSCORED",
    "Clip",
    "Frame",
    "fits",
    "from_coco",
    "from_json",
    "read",
    "read_poses",
    "to_json",
    "write",
    "write_poses",
]
