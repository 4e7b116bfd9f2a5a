"""The written trace of a run: a CSV log, one line at a time, and a plot of it."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

from ..errors import MissingDependency
from ..files import atomic_path

__all__ = ["Record", "Row"]

Row = dict[str, float | None]


class Record:
    """Rows of numbers by step, mirrored in `log.csv`.

    Args:
        folder: where `log.csv` and `plot.png` live.
        losses: columns that are plotted above, on a log scale.
        scores: columns that are plotted below, from 0 to 1.
        rows: what a resumed run had recorded; the file is brought back to exactly these.
        write: False keeps the rows in memory alone (all but one of several processes).
    """

    def __init__(
        self, folder: Path, losses: Sequence[str], scores: Sequence[str], rows: list[Row], write: bool = True
    ) -> None:
        self.losses, self.scores = losses, scores
        self.columns = ("step", "loss", *losses, "lr", "images_per_second", *scores)
        self.log, self.plot, self.rows, self.write = folder / "log.csv", folder / "plot.png", list(rows), write
        if not write:
            return
        with atomic_path(self.log) as temporary, Path(temporary).open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, self.columns)
            writer.writeheader()
            writer.writerows(self.rows)

    def add(self, row: Mapping[str, float | None]) -> None:
        """Append a row; columns it lacks stay empty."""
        full = {column: row.get(column) for column in self.columns}
        self.rows.append(full)
        if not self.write:
            return
        with self.log.open("a", newline="", encoding="utf-8") as file:
            csv.DictWriter(file, self.columns).writerow(full)

    def latest(self, column: str) -> float | None:
        """The newest value of a column, or None."""
        return next((row[column] for row in reversed(self.rows) if row[column] is not None), None)

    def draw(self) -> None:
        """Write `plot.png`: losses on a log scale, held-out scores below them.

        Raises:
            MissingDependency: matplotlib is not installed.
        """
        try:
            from matplotlib.backends.backend_agg import FigureCanvasAgg
            from matplotlib.figure import Figure
        except ImportError as error:
            raise MissingDependency("the plot needs matplotlib: pip install '.[train]' in its folder") from error
        figure = Figure(figsize=(8, 6), layout="constrained")
        FigureCanvasAgg(figure)
        losses, scores = figure.subplots(2, 1, sharex=True)
        for axes, columns in ((losses, self.losses), (scores, self.scores)):
            for column in columns:
                points = [(row["step"], row[column]) for row in self.rows if row[column]]
                if points:
                    axes.plot(*zip(*points, strict=True), label=column.replace("_", " "))
            axes.grid(alpha=0.3)
            if axes.lines:
                axes.legend()
        if losses.lines:
            losses.set_yscale("log")
        losses.set_ylabel("weighted loss")
        scores.set(ylabel="held-out, averaged weights", xlabel="step", ylim=(0, 1))
        with atomic_path(self.plot) as temporary:
            figure.savefig(temporary, format="png", dpi=110)
