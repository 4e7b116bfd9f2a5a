"""Record what PoseTrack's tool says of the scenes. It is not part of this project: get it, and then

    PYTHON tests/core/evaluation/posetrack/record.py POSEVAL tests/goldens/posetrack.json

where POSEVAL is a checkout of github.com/leonid-pishchulin/poseval and PYTHON has what it needs (motmetrics, shapely,
tqdm, click). Nothing else of this project is imported.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path
from typing import Any

from scenes import Scene, files, scenes

JOBS = 2
PACKAGES = ("motmetrics", "numpy", "pandas", "scipy", "shapely")


def scores(scene: Scene, poseval: Path) -> dict[str, Any]:
    """AP and MOTA in percent: of the 15 joints in the order of 2017, then their mean."""
    with tempfile.TemporaryDirectory() as folder:
        true, found, out = (Path(folder) / name for name in ("true", "found", "out"))
        for path in (true, found, out):
            path.mkdir()
        for name, annotations, results in files(scene):
            (true / name).write_text(json.dumps(annotations))
            (found / name).write_text(json.dumps(results))
        words = ("-g", f"{true}/", "-p", f"{found}/", "-e", "-t", "-o", str(out))
        environment = {**os.environ, "PYTHONPATH": str(poseval)}
        command = [sys.executable, "-W", "ignore", "-m", "poseval.evaluate", *words]
        subprocess.run(command, check=True, env=environment, capture_output=True)
        ap, mota = (json.loads((out / f"total_{kind}_metrics.json").read_text()) for kind in ("AP", "MOT"))
    return {"ap": plain(ap["ap"]), "mota": plain(mota["mota"])}


def plain(values: list[float]) -> list[float | None]:
    return [None if math.isnan(value) else value for value in values]


def main(poseval: Path, target: Path) -> None:
    commit = subprocess.run(["git", "-C", poseval, "rev-parse", "HEAD"], check=True, capture_output=True, text=True)
    versions = {"poseval": commit.stdout.strip(), **{package: version(package) for package in PACKAGES}}
    todo = scenes()
    with ThreadPoolExecutor(JOBS) as pool:
        recorded = dict(zip(todo, pool.map(lambda scene: scores(scene, poseval), todo.values()), strict=True))
    lines = ",\n".join(f"  {json.dumps(name)}: {json.dumps(value)}" for name, value in recorded.items())
    target.write_text(f'{{"versions": {json.dumps(versions)},\n "scenes": {{\n{lines}\n}}}}\n')


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
