"""The training loop: steps, averages, checkpoints, log; stopped and resumed without a trace."""

from __future__ import annotations

import dataclasses
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn
from tqdm import tqdm

from ..errors import BadOption, MissingDependency, SDPoseError
from ..files import make_folder
from .average import Average
from .checkpoints import load_checkpoint, save_checkpoint
from .recipe import Recipe
from .record import Record, Row
from .run_config import RunConfig

__all__ = ["TrainResult", "train"]

CHANGEABLE = {"steps", "threads", "save_every", "log_every", "validate_every", "validate_count"}
"""Options a resumed run may change: none of them alters a sample (`steps` alters the learning rate still to come)."""


@dataclass(frozen=True)
class TrainResult:
    """What a finished run leaves.

    Attributes:
        model: single file with the averaged weights, as `load_model` or `load_diffpose` takes it.
        checkpoint: file to resume from.
        log: CSV of losses and scores by step.
        plot: PNG of the same.
        steps: steps done.
        score: the last held-out PCK at 0.1 of a torso (SDPose) or mAP (DiffPose), or None when there was none.
    """

    model: Path
    checkpoint: Path
    log: Path
    plot: Path
    steps: int
    score: float | None


def train(config: RunConfig, out: Path, *, resume: bool = True, progress: bool = True) -> TrainResult:
    """Train a model and leave it in `out`, continuing what an earlier, interrupted run left there.

    Run it under `accelerate launch` for several GPUs. On one CPU in float32 a resumed run ends with the very
    bits of an uninterrupted one.

    Args:
        config: everything the result depends on.
        out: folder for `model.safetensors`, `last.pt`, `config.json`, `log.csv` and `plot.png`.
        resume: continue from `last.pt` when there is one; False starts afresh and replaces it.
        progress: show a progress bar.

    Raises:
        BadOption: `out` holds a run with other options.
        BadCheckpoint: `last.pt`, or the `config.json` that belongs to it, is missing or damaged.
        OutputError: `out` cannot be made, or cannot be written to.
        SDPoseError: the loss is no longer finite.
    """
    if config.threads is not None:
        torch.set_num_threads(config.threads)
    trainer = _Trainer(config, make_folder(out), resume)
    trainer.run(progress)
    return trainer.result()


class _Trainer:
    """One run: the state that steps change, and the files it is kept in."""

    def __init__(self, config: RunConfig, out: Path, resume: bool) -> None:
        self.config, self.out = config, out
        earlier = load_checkpoint(out / "last.pt") if resume and (out / "last.pt").exists() else None
        if earlier is not None:
            _check_same_run(config, type(config).load(out / "config.json"), out)
        torch.manual_seed(config.seed)
        self.recipe: Recipe = config.recipe()
        self.accelerator = _accelerator(self.recipe.spares_parameters)
        main = self.accelerator.is_main_process
        if main:
            config.save(out / "config.json")
        self.recipe.objective.to(self.accelerator.device).to(memory_format=torch.channels_last)
        self.model = self.recipe.model
        self.average = Average(self.model, config.ema)
        self.optimizer = torch.optim.AdamW(
            self.recipe.parameters(),
            lr=config.lr, betas=self.recipe.betas, weight_decay=config.weight_decay, fused=True,
        )  # fmt: skip
        rows = [] if earlier is None else earlier["history"]
        self.step, self.record = 0, Record(out, self.recipe.losses, self.recipe.scores, rows, write=main)
        if earlier is not None:
            self._restore(earlier)
        self.objective: nn.Module = self.accelerator.prepare_model(self.recipe.objective)

    def run(self, progress: bool) -> None:
        """Do the steps that are left."""
        batches = self.recipe.batches(self.step, self.accelerator.process_index, self.accelerator.num_processes)
        shown = progress and self.accelerator.is_main_process
        bar = tqdm(total=self.config.steps, initial=self.step, disable=not shown, unit="step", dynamic_ncols=True)
        sums, since = torch.zeros(len(self.recipe.losses)), time.perf_counter()
        with bar:
            for batch in batches:
                sums += self._train_step(batch)
                bar.update()
                if self._due(self.config.log_every):
                    steps = self.step % self.config.log_every or self.config.log_every
                    seconds = time.perf_counter() - since
                    self._log(sums / steps, steps * self.config.batch_size * self.accelerator.num_processes / seconds)
                    bar.set_postfix_str(self._summary())
                    sums, since = torch.zeros(len(self.recipe.losses)), time.perf_counter()
                if self.config.validate_every and self._due(self.config.validate_every):
                    self._validate()
                    since = time.perf_counter()
                if self._due(self.config.save_every):
                    self._save()
        self.accelerator.wait_for_everyone()  # the main process may still be writing

    def result(self) -> TrainResult:
        """Where everything is."""
        return TrainResult(
            self.out / "model.safetensors", self.out / "last.pt", self.record.log, self.record.plot, self.step,
            self.record.latest(self.recipe.scores[0]),
        )  # fmt: skip

    def _due(self, every: int) -> bool:
        return self.step % every == 0 or self.step == self.config.steps

    def _train_step(self, batch: tuple[torch.Tensor, ...]) -> torch.Tensor:
        """One optimizer step; returns the weighted losses on the CPU."""
        for group in self.optimizer.param_groups:
            group["lr"] = self.config.lr_at(self.step) * group.get("lr_scale", 1.0)
        self.objective.train()
        losses = torch.stack(self.objective(*(part.to(self.accelerator.device, non_blocking=True) for part in batch)))
        self.accelerator.backward(losses.sum())
        self.accelerator.clip_grad_norm_(self.model.parameters(), self.config.clip)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.average.update(self.model, self.step)
        self.step += 1
        return losses.detach().float().cpu()

    def _log(self, losses: torch.Tensor, rate: float) -> None:
        total = float(losses.sum())
        if not torch.isfinite(losses).all():
            raise SDPoseError(
                f"the loss is {total} at step {self.step}: start a new run with a lower lr than {self.config.lr}"
            )
        row: Row = {"step": self.step, "loss": total, "lr": self.config.lr_at(self.step - 1)}
        row |= dict(zip(self.recipe.losses, losses.tolist(), strict=True))
        self.record.add(row | {"images_per_second": round(rate, 2)})

    def _summary(self) -> str:
        score = self.recipe.scores[0]
        parts = {"loss": "loss {:.4f}", "images_per_second": "{:.1f} img/s", score: score + " {:.3f}"}
        values = {column: self.record.latest(column) for column in parts}
        return ", ".join(parts[column].format(value) for column, value in values.items() if value is not None)

    def _validate(self) -> None:
        if self.accelerator.is_main_process:
            self.record.add({"step": self.step, **self.recipe.validate(self.average.module)})

    def _save(self) -> None:
        if not self.accelerator.is_main_process:
            return
        state = {"step": self.step, "model": self.model.state_dict(), "average": self.average.module.state_dict()}
        state |= {"optimizer": self.optimizer.state_dict(), "random": torch.get_rng_state()}
        save_checkpoint(self.out / "last.pt", state | {"history": self.record.rows})
        self.recipe.save(self.average.module, self.out / "model.safetensors")
        self.record.draw()

    def _restore(self, earlier: dict[str, Any]) -> None:
        self.step = earlier["step"]
        self.model.load_state_dict(earlier["model"])
        self.average.module.load_state_dict(earlier["average"])
        self.optimizer.load_state_dict(earlier["optimizer"])
        torch.set_rng_state(earlier["random"])


def _accelerator(spares_parameters: bool) -> Any:
    """Where the run computes: one device, or one of several processes under `accelerate launch`."""
    try:
        from accelerate import Accelerator
        from accelerate.utils import DistributedDataParallelKwargs
    except ImportError as error:
        raise MissingDependency("training needs accelerate: pip install '.[train]' in its folder") from error
    return Accelerator(kwargs_handlers=[DistributedDataParallelKwargs(find_unused_parameters=spares_parameters)])


def _check_same_run(config: RunConfig, earlier: RunConfig, out: Path) -> None:
    """A resumed run must have been started with the same options, or its result would be neither run's."""
    now, then = dataclasses.asdict(config), dataclasses.asdict(earlier)
    changed = [f"{name} (then {then[name]!r}, now {now[name]!r})" for name in now if now[name] != then[name]]
    changed = [text for text in changed if text.split()[0] not in CHANGEABLE]
    if changed:
        raise BadOption(
            f"{out} holds a run with other options: {'; '.join(changed)}. Use the same options to resume it, another "
            "folder for a new run, or start afresh without resuming"
        )
