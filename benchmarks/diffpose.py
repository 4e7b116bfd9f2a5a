"""Ablation report of DiffPose on held-out drawn film, in the shape of the paper's tables 4 to 8.

    python benchmarks/diffpose.py --out report [--clips N] [--trained "no lookup=FILE" ...]

Every row is one `sdpose evaluate drawn-video`; its numbers are kept in the folder, and a row that is there already, of
the same films and bundled models, is not measured again. Prints the table as Markdown and writes it, with a plot, into
the folder.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from sdpose.cli import main as sdpose
from sdpose.models.weights import BUNDLED, inventory

DIFFPOSE = "--model diffpose-mini"
# Table -> rows of (name, options). Within a table one thing changes; the paper has steps 4, noises 10, delta 2.
TABLES = {
    "Baselines": [
        ("SDPose-mini, each frame alone", "--model mini"),
        ("SDPose-mini, smoothed", "--model mini --smooth"),
        ("DiffPose-mini", DIFFPOSE),
    ],
    "Frames on each side (delta)": [
        *((str(delta), f"{DIFFPOSE} --delta {delta}") for delta in (0, 1)),
        ("2", DIFFPOSE),
    ],
    "Noises (N)": [*((str(noises), f"{DIFFPOSE} --noises {noises}") for noises in (1, 5)), ("10", DIFFPOSE)],
    "Steps": [*((str(steps), f"{DIFFPOSE} --steps {steps}") for steps in (1, 2)), ("4", DIFFPOSE)],
    "Warm start from SDPose-mini": [
        ("pure noise", DIFFPOSE),
        *(
            (f"step {step}, {steps} calls", f"{DIFFPOSE} --start-model mini --start-step {step} --steps {steps}")
            for step, steps in ((499, 2), (249, 1))
        ),
    ],
}
COLUMNS = ("map", "map_plain", "map_hard", "accel", "jerk", "seconds_per_frame")
HEADINGS = ("mAP", "plain", "hard", "accel", "jerk", "ms per frame")


def measured(options: str, args: argparse.Namespace) -> dict[str, Any]:
    """The numbers of one row, from its file or by measuring."""
    name = "_".join(options.replace("--", "").replace("/", "-").split())
    path: Path = args.out / f"{name}.json"
    words = [*options.split(), "--seed-base", str(args.seed_base), "--clips", str(args.clips)]
    words += ["--frames", str(args.frames), "--size", args.size, "--json", str(path)]
    wanted = {"seed_base": args.seed_base, "clips": args.clips, "frames": args.frames}
    kept: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    if kept.items() >= wanted.items() and path.stat().st_mtime > newest_weights():
        return kept
    if sdpose(["evaluate", "drawn-video", *words]):
        sys.exit(1)
    result: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return result


def newest_weights() -> float:
    """When a bundled model last changed."""
    return max(row.path.stat().st_mtime for row in inventory() if row.path and row.name in BUNDLED)


def cell(value: float | None) -> str:
    """A number of the table; nothing was there to be measured where it is None."""
    return "-" if value is None else f"{value:.3f}"


def markdown(tables: dict[str, list[tuple[str, dict[str, Any]]]]) -> str:
    """All tables, one below the other."""
    lines = []
    for title, rows in tables.items():
        lines += [f"| {title} | {' | '.join(HEADINGS)} |", "|---|" + "---|" * len(HEADINGS)]
        for name, result in rows:
            cells = [cell(result[column]) for column in COLUMNS[:-1]] + [f"{1000 * result[COLUMNS[-1]]:.0f}"]
            lines.append(f"| {name} | {' | '.join(cells)} |")
        lines.append("")
    return "\n".join(lines)


def plot(tables: dict[str, list[tuple[str, dict[str, Any]]]], path: Path) -> None:
    """Accuracy of hidden and blurred people against jitter, one dot a row."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 5), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    for title, rows in tables.items():
        points = [(result["accel"], result["map_hard"]) for _, result in rows]
        axes.plot(*zip(*points, strict=True), "o--", linewidth=0.6, label=title)
        for (name, _), point in zip(rows, points, strict=True):
            axes.annotate(name, point, fontsize=6, xytext=(3, 3), textcoords="offset points")
    axes.set(xlabel="acceleration error, torso lengths per frame^2 (left is steadier)", ylabel="mAP, hidden or blurred")
    axes.grid(alpha=0.3)
    axes.legend(fontsize=7)
    figure.savefig(path, dpi=110)


def main() -> None:
    """Measure what is missing, and report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed-base", type=int, default=300_000)
    parser.add_argument("--clips", type=int, default=40)
    parser.add_argument("--frames", type=int, default=24)
    parser.add_argument("--size", default="256x256")
    parser.add_argument("--trained", action="append", default=[], metavar="NAME=FILE", help="a row of its own training")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    trained = [tuple(text.split("=", 1)) for text in args.trained]
    plan = TABLES | ({"Trained alike": [(name, f"--model {file}") for name, file in trained]} if trained else {})
    tables = {title: [(name, measured(options, args)) for name, options in rows] for title, rows in plan.items()}
    text = markdown(tables)
    (args.out / "report.md").write_text(text, encoding="utf-8")
    plot(tables, args.out / "report.png")
    print(text)


if __name__ == "__main__":
    main()
