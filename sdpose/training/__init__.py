"""Training both networks: one loop, and a folder for what is each network's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .sdpose import TrainConfig

if TYPE_CHECKING:
    from .trainer import TrainResult, train

__all__ = ["TrainConfig", "TrainResult", "train"]


def __getattr__(name: str) -> Any:
    """The trainer, with all of torch behind it, when it is first asked for: a config alone loads at once."""
    if name in __all__:
        from . import trainer

        return getattr(trainer, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
