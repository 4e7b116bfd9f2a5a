"""From keypoints to regions of the picture: boxes, masks, and a steady crop of each person's face."""

from .boxes import RegionBoxes, region_boxes, widened
from .crops import crop, face_crops, paste
from .faces import FaceTrack, face_tracks
from .masks import mask
from .people import identities
from .proportions import REGIONS, SHAPES

__all__ = [
    "REGIONS",
    "SHAPES",
    "FaceTrack",
    "RegionBoxes",
    "crop",
    "face_crops",
    "face_tracks",
    "identities",
    "mask",
    "paste",
    "region_boxes",
    "widened",
]
