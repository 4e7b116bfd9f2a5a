"""What every training run depends on, whichever network it trains: frozen, JSON-saved values."""

from __future__ import annotations

import dataclasses
import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from typing_extensions import Self

from ..errors import BadCheckpoint, BadOption
from ..files import atomic_path

if TYPE_CHECKING:
    from .recipe import Recipe

__all__ = ["RunConfig", "option"]


def option(default: Any, text: str, *, metavar: str | None = None) -> Any:
    """A config field that carries its own command line help."""
    return dataclasses.field(default=default, metadata={"help": text, "metavar": metavar})


@dataclass(frozen=True, kw_only=True)
class RunConfig:
    """One training run. Every field is also a command line option of the same name (see `options`).

    The order of samples and every augmentation are pure functions of `seed`, the step, `batch_size`,
    `workers`, `reuse`, `window` and the number of processes, so a run can be stopped and resumed without a trace.
    """

    reuse: int = option(4, "how often a drawing or film is used, each time augmented afresh")
    window: int = option(1024, "how many pictures or films are kept in memory to choose from")
    workers: int = option(1, "processes that draw, read and augment; 0 works in the training process")

    steps: int = option(5000, "optimizer steps")
    batch_size: int = option(16, "people per step and process")
    lr: float = option(1e-3, "peak learning rate")
    warmup: int = option(200, "steps of linear warm-up")
    schedule: str = option("cosine", "cosine, or steps: a tenth after a third and after two thirds of the run")
    final_lr: float = option(0.02, "where the cosine decay ends, as a share of --lr")
    weight_decay: float = option(0.01, "AdamW weight decay")
    clip: float = option(1.0, "largest gradient norm")
    ema: float = option(0.999, "decay of the averaged weights, which are what is exported")
    dtype: str = option("float32", "float32 or bfloat16 (autocast)")
    heatmap_weight: float = option(1000.0, "factor on the heatmap loss, whose plain mean is about 1e-3")
    augment: float = option(1.0, "strength of the augmentation: 1 is the full one, 0 leaves the crops alone")
    seed: int = option(0, "seed of weights, sample order and augmentation")
    threads: int | None = option(None, "CPU threads of the network; default: torch's choice")

    save_every: int = option(500, "steps between checkpoints")
    log_every: int = option(20, "steps between lines of the log")
    validate_every: int = option(250, "steps between measurements on held-out drawings; 0 turns them off")
    validate_count: int = option(128, "held-out drawings or films to measure on")

    def __post_init__(self) -> None:
        for name in ("steps", "batch_size", "reuse", "window", "save_every", "log_every", "validate_count"):
            self._check(getattr(self, name) >= 1, name, "at least 1")
        for name in ("workers", "warmup", "validate_every", "weight_decay", "seed"):
            self._check(getattr(self, name) >= 0, name, "not negative")
        for name in ("ema", "final_lr", "augment"):
            self._check(0 <= getattr(self, name) <= 1, name, "between 0 and 1")
        self._check(self.dtype in ("float32", "bfloat16"), "dtype", "float32 or bfloat16")
        self._check(self.schedule in ("cosine", "steps"), "schedule", "cosine or steps")
        self._check(self.clip > 0, "clip", "a positive number")
        self._check(self.heatmap_weight > 0, "heatmap_weight", "a positive number")
        self._check(self.threads is None or self.threads >= 1, "threads", "at least 1")
        self._check(self.lr > 0 and math.isfinite(self.lr), "lr", "a positive number")

    def _check(self, fine: bool, name: str, expected: str) -> None:
        if not fine:
            raise BadOption(f"{name} must be {expected}; got {getattr(self, name)!r}")

    def recipe(self) -> Recipe:
        """Network, samples and measure of this run, at its first step."""
        raise NotImplementedError

    def lr_at(self, step: int) -> float:
        """Learning rate of a step: linear warm-up, then a cosine to `final_lr * lr`, or a tenth at each third."""
        if step < self.warmup:
            return self.lr * (step + 1) / self.warmup
        if self.schedule == "steps":
            return self.lr * 0.1 ** min(2, 3 * step // self.steps)
        progress = (step - self.warmup) / max(1, self.steps - self.warmup)
        cosine = 0.5 * (1 + math.cos(math.pi * min(1.0, progress)))
        return self.lr * (self.final_lr + (1 - self.final_lr) * cosine)

    def save(self, path: Path) -> None:
        """Write the config as JSON."""
        with atomic_path(path) as temporary:
            Path(temporary).write_text(json.dumps(dataclasses.asdict(self), indent=2) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a config that `save` wrote.

        Raises:
            BadCheckpoint: the file is missing, or is not one that `save` wrote.
            BadOption: a field is unknown or holds an impossible value.
        """
        try:
            fields = json.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise _unreadable(path, error.strerror or str(error)) from error
        except ValueError as error:
            raise _unreadable(path, f"it is not JSON: {error}") from error
        if not isinstance(fields, dict):
            raise _unreadable(path, "it holds no options")
        unknown = sorted(set(fields) - {field.name for field in dataclasses.fields(cls)})
        if unknown:
            raise BadOption(
                f"{path} has options that {cls.__name__} does not know: {', '.join(unknown)}. It is a run of another "
                "network or version: use another folder, or start afresh without resuming (--restart)"
            )
        try:
            return cls(**fields)
        except TypeError as error:  # an option of another kind, such as a text for a number
            raise _unreadable(path, str(error)) from error


def _unreadable(path: Path, reason: str) -> BadCheckpoint:
    return BadCheckpoint(
        f"the options of the run in {path.parent} cannot be read from {path.name} ({reason}); put the file back, or "
        "start afresh without resuming (--restart)"
    )
