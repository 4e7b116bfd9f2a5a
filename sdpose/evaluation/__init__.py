"""How good poses are: OKS average precision, PCK, and both on drawn characters no model was trained on."""

from .drawn import evaluate_drawn
from .oks import Judged, average_precision, oks
from .pck import pck, relative_errors, torso_sizes

__all__ = ["Judged", "average_precision", "evaluate_drawn", "oks", "pck", "relative_errors", "torso_sizes"]
