"""What a graph does to poses: transform them like pictures, combine, filter and compare them."""

from .combining import aligned, concatenated, merged
from .filtering import filtered, without_people, without_points
from .transforms import cropped, flipped, inside, padded, resized, resized_by, shifted, turned

__all__ = [
    "aligned",
    "concatenated",
    "cropped",
    "filtered",
    "flipped",
    "inside",
    "merged",
    "padded",
    "resized",
    "resized_by",
    "shifted",
    "turned",
    "without_people",
    "without_points",
]
