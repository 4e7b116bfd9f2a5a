"""What a figure is made of on paper: shapes and strokes, gathered in pieces that are painted back to front."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from .anatomy import BodyPlan
from .clothing import Colour, Outfit
from .geometry import Array
from .kinematics import Body

PARTS = (
    "torso", "neck", "head", "hair", "hat", "skirt", "prop",
    "left_upper_arm", "left_forearm", "left_hand", "left_thigh", "left_shin", "left_foot",
    "right_upper_arm", "right_forearm", "right_hand", "right_thigh", "right_shin", "right_foot",
)  # fmt: skip
PART_INDEX = {name: index for index, name in enumerate(PARTS)}


@dataclass
class Shape:
    """A filled outline.

    Attributes:
        points: (n, 2) pixels.
        colour: RGB.
        part: A name from `PARTS`.
        edge: Whether it takes part in its piece's contour.
        contour: What is outlined instead of `points`, where a shape runs on into another without a line.
    """

    points: Array
    colour: Colour
    part: str
    edge: bool = True
    contour: Array | None = None


@dataclass
class Stroke:
    """An open line: (n, 2) pixels, a colour (None for ink) and a width as a factor on the figure's line width."""

    points: Array
    colour: Colour | None = None
    width: float = 1.0


@dataclass
class Piece:
    """Shapes that share one contour, then strokes; `depth` grows towards the viewer."""

    depth: float
    shapes: list[Shape]
    strokes: list[Stroke] = field(default_factory=list)


@dataclass(frozen=True)
class Lens:
    """Maps camera space to pixels.

    Attributes:
        scale: Pixels per body height at depth 0.
        offset: (2,) pixels of the origin.
        closeness: How strongly near things grow: 0 is a parallel projection.
    """

    scale: float
    offset: tuple[float, float]
    closeness: float

    def project(self, points: Array) -> Array:
        """Camera-space points (..., 3) in body heights to pixels (..., 2)."""
        factor = self.scale / (1.0 - self.closeness * points[..., 2])
        out = np.empty((*points.shape[:-1], 2))
        out[..., 0] = self.offset[0] + points[..., 0] * factor
        out[..., 1] = self.offset[1] - points[..., 1] * factor
        return out

    def factor(self, z: float) -> float:
        """Pixels per body height at depth z."""
        return self.scale / (1.0 - self.closeness * z)


@dataclass(frozen=True)
class Figure:
    """Everything the drawing functions need about one person."""

    plan: BodyPlan
    outfit: Outfit
    body: Body
    lens: Lens
    at: dict[str, Array]
    seated: bool = False

    @classmethod
    def seen(cls, plan: BodyPlan, outfit: Outfit, body: Body, lens: Lens, seated: bool = False) -> Figure:
        """Projects every joint once."""
        points = lens.project(np.stack(list(body.joints.values())))
        return cls(plan, outfit, body, lens, dict(zip(body.joints, points, strict=True)), seated)

    def z(self, joint: str) -> float:
        """Depth of a joint, towards the viewer, in body heights."""
        return float(self.body.joints[joint][2])

    def px(self, joint: str) -> float:
        """Pixels per body height at a joint."""
        return self.lens.factor(self.z(joint))

    def axes(self, frame: str, radii: tuple[float, float, float], scale: float) -> Array:
        """Half axes (3, 2) in pixels of an ellipsoid aligned with a bone."""
        axes = self.body.frames[frame][:2].T * (np.array(radii) * scale)[:, None]
        axes[:, 1] *= -1.0
        return axes
