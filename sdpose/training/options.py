"""The command line options of a training run, derived from its config."""

from __future__ import annotations

import argparse
import dataclasses
import types
import typing
from typing import Any, TypeVar

from .run_config import RunConfig

__all__ = ["add_arguments", "config_from_args"]

Config = TypeVar("Config", bound=RunConfig)


def add_arguments(parser: argparse.ArgumentParser, config: type[RunConfig]) -> None:
    """Add one option per field of a config: `batch_size` becomes `--batch-size`."""
    hints = typing.get_type_hints(config)
    for field in dataclasses.fields(config):
        kind, text = _plain(hints[field.name]), field.metadata["help"]
        if field.default is not None:
            text += f" (default: {field.default})"
        choice: dict[str, Any] = {"type": kind, "metavar": field.metadata["metavar"] or kind.__name__.upper()}
        if kind is bool:
            choice = {"action": argparse.BooleanOptionalAction}
        parser.add_argument("--" + field.name.replace("_", "-"), default=field.default, help=text, **choice)


def config_from_args(args: argparse.Namespace, config: type[Config]) -> Config:
    """The config that parsed options describe.

    Raises:
        BadOption: an option has an impossible value.
    """
    return config(**{field.name: getattr(args, field.name) for field in dataclasses.fields(config)})


def _plain(hint: Any) -> Any:
    """`int | None` -> int."""
    if isinstance(hint, types.UnionType):
        return next(kind for kind in typing.get_args(hint) if kind is not type(None))
    return hint
