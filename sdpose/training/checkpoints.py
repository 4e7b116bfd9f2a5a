"""Checkpoints: everything a run needs to continue as if it had never stopped, in one file."""

from __future__ import annotations

import pickle
import zipfile
from pathlib import Path
from typing import Any

import torch

from ..errors import BadCheckpoint
from ..files import atomic_path

__all__ = ["load_checkpoint", "save_checkpoint"]

PARTS = ("step", "model", "average", "optimizer", "random", "history")


def save_checkpoint(path: Path, state: dict[str, Any]) -> None:
    """Write a checkpoint whole, or leave the one that is there.

    Args:
        path: the file.
        state: `step` (steps done), `model`, `average` and `optimizer` states, `random` (torch's generator state)
            and `history` (the log so far).
    """
    with atomic_path(path) as temporary:
        torch.save({part: state[part] for part in PARTS}, temporary)


def load_checkpoint(path: Path) -> dict[str, Any]:
    """Read a checkpoint; nothing in it is executed.

    Raises:
        BadCheckpoint: the file is damaged, or not a training checkpoint.
    """
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, EOFError, ValueError, zipfile.BadZipFile, pickle.UnpicklingError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise BadCheckpoint(f"{path} is no readable training checkpoint ({reason}); remove it to start over") from error
    missing = [part for part in PARTS if not isinstance(state, dict) or part not in state]
    if missing:
        raise BadCheckpoint(
            f"{path} is not a training checkpoint: it has no {', '.join(missing)}; remove it to start over"
        )
    return dict(state)
