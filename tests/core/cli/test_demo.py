"""sdpose demo."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np

from sdpose import synthetic
from sdpose.media import Video, read_image

from .conftest import Passes, Result

Run = Callable[..., Result]


def test_demo_writes_everything_it_names(sdpose: Run, tmp_path: Path, weights: Path, passes: Passes) -> None:
    out = tmp_path / "demo"
    result = sdpose("demo", "--out", out, "--model", weights, "--frames", 5, "--seed", 3)
    assert result.code == 0, result.err
    named = [line.strip() for line in result.out.splitlines()[1:]]
    assert len(named) == 5 and all(list(out.glob(Path(name).name)) for name in named)

    drawings = [synthetic.drawing(3000 + i, (512, 512), "test") for i in range(5)]
    for i, drawn in enumerate(drawings):
        assert np.array_equal(read_image(out / f"drawing_{i:02d}.png"), drawn.image)
        assert read_image(out / f"drawing_{i:02d}_skeleton.png").shape == (512, 512, 3)
        assert read_image(out / f"drawing_{i:02d}_overlay.png").shape == (512, 512, 3)
    frames = json.loads((out / "poses.json").read_text())
    drawn_people = [len(drawn.poses) for drawn in drawings]
    assert [len(frame["people"]) for frame in frames] == drawn_people
    assert f"found {sum(drawn_people)} people in 5 drawn pictures" in result.out
    # Four columns of three halved pictures with a margin of 4, and a second row for the fifth.
    assert read_image(out / "contact_sheet.png").shape == (2 * 3 * 264, 4 * 264, 3)
    clip = Video(out / "clip.mp4")
    assert (clip.frames, clip.fps, clip.size_wh) == (24, 12, (1024, 512))
    assert passes.crops > sum(drawn_people)
