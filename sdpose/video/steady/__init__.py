"""Steady poses: what is missing for a moment is filled, what jumps or trembles is calmed, what moves is left alone."""

from .options import METHODS, PARTS, Steadiness
from .steadier import Steadier, steady

__all__ = ["METHODS", "PARTS", "Steadier", "Steadiness", "steady"]
