"""What commands say: results on stdout, everything else on stderr."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

__all__ = ["progress", "say", "table", "warn", "watched"]


def say(text: str) -> None:
    """A result, on stdout."""
    sys.stdout.write(text + "\n")


def warn(text: str) -> None:
    """A message that is no result, on stderr; it does not disturb a progress bar."""
    from tqdm import tqdm

    tqdm.write(text, file=sys.stderr)


def progress(total: int | None, unit: str) -> Any:
    """A progress bar on stderr, if it is `watched`: a context manager with `update(n)`."""
    from tqdm import tqdm

    return tqdm(total=total, unit=unit, file=sys.stderr, disable=not watched())


def watched() -> bool:
    """Whether a person at a terminal would see a progress bar."""
    return sys.stderr.isatty()


def table(rows: Sequence[Sequence[str]]) -> str:
    """Rows of cells as lines of aligned columns."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    return "\n".join(line.rstrip() for line in lines)
