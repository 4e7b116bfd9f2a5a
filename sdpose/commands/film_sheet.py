"""A contact sheet of films: what was found in them, and the truth."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..media import Frame
from ..poses import Poses
from ..render import draw, overlay

if TYPE_CHECKING:
    from ..synthetic.footage import Footage

__all__ = ["FilmSheet"]

_FILMS, _FRAMES = 8, 6
_GAP = 4  # pixels of white


class FilmSheet:
    """Takes films as they come and keeps some frames of the first few: one row each."""

    def __init__(self) -> None:
        self._rows: list[Frame] = []

    def add(self, film: Sequence[Footage], found: Sequence[Poses]) -> None:
        """Keeps a row of a film with the poses found in it, as long as there is room."""
        if len(self._rows) == _FILMS:
            return
        chosen = np.linspace(0, len(film) - 1, _FRAMES).round().astype(int).tolist()
        cells = [_cell(film[index], found[index]) for index in chosen]
        self._rows.append(np.concatenate([np.pad(cell, _BORDER, constant_values=255) for cell in cells], axis=1))

    def picture(self) -> Frame:
        """All rows, (H, W, 3) uint8 RGB; there must be one."""
        return np.concatenate(self._rows)


_BORDER = ((_GAP, _GAP), (_GAP, _GAP), (0, 0))


def _cell(frame: Footage, found: Poses) -> Frame:
    """A frame with the poses found in colour, and over them the truth, thin in white."""
    truth = draw(frame.poses, stick_width=1, scale="auto").any(axis=2, keepdims=True)
    picture = overlay(frame.image, found, 0.7, scale="auto")
    return np.where(truth, np.uint8(255), picture)
