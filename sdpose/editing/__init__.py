"""What a graph does to poses: transform them like pictures, combine, filter and compare them, and edit frames."""

from typing import TYPE_CHECKING, Any

from .combining import aligned, concatenated, merged
from .comparing import Apart, apart, measured
from .filtering import filtered, without_people, without_points
from .frames import pick, put_back
from .transforms import cropped, flipped, inside, padded, resized, resized_by, shifted, turned

if TYPE_CHECKING:
    from .pictures import side_by_side

__all__ = [
    "Apart",
    "aligned",
    "apart",
    "concatenated",
    "cropped",
    "filtered",
    "flipped",
    "inside",
    "measured",
    "merged",
    "padded",
    "pick",
    "put_back",
    "resized",
    "resized_by",
    "shifted",
    "side_by_side",
    "turned",
    "without_people",
    "without_points",
]


def __getattr__(name: str) -> Any:
    if name == "side_by_side":  # loads OpenCV
        from .pictures import side_by_side

        return side_by_side
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
