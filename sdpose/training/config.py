"""Everything a training run depends on, in one frozen, JSON-saved value."""

from __future__ import annotations

import dataclasses
import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import BadCheckpoint, BadOption
from ..files import atomic_path

__all__ = ["TrainConfig"]

MIN_SIGMA = 1.5
"""Below this a Gaussian covers too few cells for its peak to be located between them."""


def option(default: Any, text: str, *, metavar: str | None = None) -> Any:
    """A config field that carries its own command line help."""
    return dataclasses.field(default=default, metadata={"help": text, "metavar": metavar})


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """One training run. Every field is also a command line option of the same name (see `options`).

    The order of samples and every augmentation are pure functions of `seed`, the step, `batch_size`,
    `workers`, `reuse` and `window`, so a run can be stopped and resumed without a trace.
    """

    scheme: str = option("body", "body (17 keypoints) or wholebody (133)")
    init: str | None = option(None, "weights to start from: anything load_model takes; default: a fresh mini")
    input_width: int | None = option(None, "network input width in px; default: the model's own")
    input_height: int | None = option(None, "network input height in px; default: the model's own")

    coco: str | None = option(None, "COCO keypoint JSON to train on; default: drawn characters", metavar="JSON")
    images: str | None = option(None, "folder with the pictures of --coco", metavar="DIR")
    reuse: int = option(4, "how often a drawn character is used, each time augmented afresh")
    window: int = option(1024, "how many pictures are kept in memory to choose from")
    drawing_size: int = option(512, "side of a drawn training picture in px")
    workers: int = option(1, "processes that draw, read and augment; 0 works in the training process")

    steps: int = option(5000, "optimizer steps")
    batch_size: int = option(16, "people per step and process")
    lr: float = option(1e-3, "peak learning rate")
    warmup: int = option(200, "steps of linear warm-up")
    final_lr: float = option(0.02, "where the cosine decay ends, as a share of --lr")
    weight_decay: float = option(0.01, "AdamW weight decay")
    clip: float = option(1.0, "largest gradient norm")
    ema: float = option(0.999, "decay of the averaged weights, which are what is exported")
    dtype: str = option("float32", "float32 or bfloat16 (autocast)")
    gradient_checkpointing: bool = option(False, "recompute the U-Net's insides on the way back: less memory, slower")
    heatmap_weight: float = option(1000.0, "factor on the heatmap loss, whose plain mean is about 1e-3")
    reconstruction_weight: float = option(0.1, "factor on the auxiliary reconstruction loss; 0 leaves the branch out")
    reconstruction_share: float = option(
        0.25, "share of each batch, rounded up, that passes the reconstruction branch, 0 to 1"
    )
    freeze_vae: bool | None = option(None, "keep the VAE encoder fixed; default: yes unless the model is fresh")
    sigma: float | None = option(None, "Gaussian radius in heatmap cells; default: 6 * width / 192, at least 1.5")

    augment: float = option(1.0, "strength of the augmentation: 1 is the published one, 0 leaves the crops alone")
    seed: int = option(0, "seed of weights, sample order and augmentation")
    threads: int | None = option(None, "CPU threads of the network; default: torch's choice")

    save_every: int = option(500, "steps between checkpoints")
    log_every: int = option(20, "steps between lines of the log")
    validate_every: int = option(250, "steps between PCK measurements on held-out drawings; 0 turns them off")
    validate_count: int = option(128, "held-out drawings to measure on")

    def __post_init__(self) -> None:
        for name in ("steps", "batch_size", "reuse", "window", "drawing_size", "save_every", "log_every"):
            self._check(getattr(self, name) >= 1, name, "at least 1")
        for name in ("workers", "warmup", "validate_every", "reconstruction_weight", "weight_decay", "seed"):
            self._check(getattr(self, name) >= 0, name, "not negative")
        for name in ("reconstruction_share", "ema", "final_lr", "augment"):
            self._check(0 <= getattr(self, name) <= 1, name, "between 0 and 1")
        self._check(self.scheme in ("body", "wholebody"), "scheme", "body or wholebody")
        self._check(self.dtype in ("float32", "bfloat16"), "dtype", "float32 or bfloat16")
        self._check(self.lr > 0 and math.isfinite(self.lr), "lr", "a positive number")
        self._check(self.sigma is None or self.sigma > 0, "sigma", "a positive number")
        self._check((self.coco is None) == (self.images is None), "coco", "given together with `images`")
        self._check((self.input_width is None) == (self.input_height is None), "input_width", "set with input_height")
        self._check(
            self.coco is not None or self.scheme == "body", "scheme", "body: drawn characters have 17 keypoints"
        )
        for name in ("input_width", "input_height"):
            value = getattr(self, name)
            self._check(value is None or (value > 0 and value % 16 == 0), name, "a multiple of 16")

    def _check(self, fine: bool, name: str, expected: str) -> None:
        if not fine:
            raise BadOption(f"{name} must be {expected}; got {getattr(self, name)!r}")

    @property
    def input_wh(self) -> tuple[int, int] | None:
        """The input size asked for, or None for the model's own."""
        if self.input_width is None or self.input_height is None:
            return None
        return self.input_width, self.input_height

    @property
    def vae_is_frozen(self) -> bool:
        """The published recipe keeps a trained encoder; a fresh one has to learn."""
        return self.init is not None if self.freeze_vae is None else self.freeze_vae

    def sigma_for(self, heatmap_width: int) -> float:
        """Gaussian radius in heatmap cells: the published 6 at width 192, in proportion below, with a floor."""
        return self.sigma if self.sigma is not None else max(MIN_SIGMA, 6.0 * heatmap_width / 192)

    def lr_at(self, step: int) -> float:
        """Learning rate of a step: linear warm-up, then a cosine down to `final_lr * lr` at the last step."""
        if step < self.warmup:
            return self.lr * (step + 1) / self.warmup
        progress = (step - self.warmup) / max(1, self.steps - self.warmup)
        cosine = 0.5 * (1 + math.cos(math.pi * min(1.0, progress)))
        return self.lr * (self.final_lr + (1 - self.final_lr) * cosine)

    def save(self, path: Path) -> None:
        """Write the config as JSON."""
        with atomic_path(path) as temporary:
            Path(temporary).write_text(json.dumps(dataclasses.asdict(self), indent=2) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> TrainConfig:
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
            raise BadOption(f"{path} has options this version does not know: {', '.join(unknown)}")
        try:
            return cls(**fields)
        except TypeError as error:  # an option of another kind, such as a text for a number
            raise _unreadable(path, str(error)) from error


def _unreadable(path: Path, reason: str) -> BadCheckpoint:
    return BadCheckpoint(
        f"the options of the run in {path.parent} cannot be read from {path.name} ({reason}); put the file back, or "
        "start afresh without resuming (--restart)"
    )
