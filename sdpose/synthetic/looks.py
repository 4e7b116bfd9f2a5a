"""The styles as a table: what kind of line, fill, shade and finish each has."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Look:
    """One style.

    Attributes:
        name: Public name.
        line: Contour width as a factor; 0 draws none.
        ink: "black", "dark" (of the fill's own colour) or "any" (drawn per picture).
        fill: "colour", "paper" (nothing but the page) or "wash" (pale).
        shade: "none", "cel" (one hard step) or "soft" (rounded forms).
        strokes: How many wavering lines make up one contour; 0 for one clean line.
        finish: The filter that ends the picture: "none", "brush", "grey", "paper", "photo" or "bleed".
        rough: Whether strokes or filters break up contours and fills; these are the harder styles.
    """

    name: str
    line: float
    ink: str
    fill: str
    shade: str
    strokes: int
    finish: str
    rough: bool


_LOOKS = (
    Look("line_art", 1.0, "black", "paper", "none", 0, "none", False),
    Look("cel", 1.0, "any", "colour", "cel", 0, "none", False),
    Look("flat", 0.0, "dark", "colour", "none", 0, "none", False),
    Look("greyscale", 1.0, "black", "colour", "cel", 0, "grey", False),
    Look("sketch", 0.7, "black", "paper", "none", 2, "paper", True),
    Look("watercolour", 0.6, "dark", "wash", "soft", 0, "bleed", True),
    Look("painterly", 0.0, "dark", "colour", "soft", 0, "brush", True),
    Look("photo", 0.0, "dark", "colour", "soft", 0, "photo", True),
)

# The harder styles are those in which strokes or filters break up contours and fills.
LOOKS = {look.name: look for look in _LOOKS}
STYLES: tuple[str, ...] = tuple(LOOKS)
HARD_STYLES: tuple[str, ...] = tuple(look.name for look in _LOOKS if look.rough)
