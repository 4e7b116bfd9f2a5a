"""Whether memory stays flat and the stages overlap when a video goes through all of them.

`python benchmarks/video.py [--model mini | --fake] [--frames 100 2000] [--size 1280x720] [--json FILE]`

For each length a video is made and taken through in a process of its own, whole frames, skeleton and overlay. Printed
are its highest memory (resident set), the frames that came out, how many a second, and the share of time in which the
model stood still. --fake takes a model that costs next to nothing, so that everything else shows.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

import sdpose
from sdpose.media import Video, VideoWriter
from sdpose.topology import Skeleton, get
from sdpose.video.pipeline import pose_video
from sdpose.video.steady import Steadiness

FPS = 24


class FakeModel:
    """Finds the brightest places of a crop."""

    input_wh = (48, 64)
    codec = sdpose.UDPHeatmaps((48, 64), (12, 16), sigma=2.0)
    device = torch.device("cpu")

    @property
    def skeleton(self) -> Skeleton:
        """COCO's 17 keypoints."""
        return get("coco17")

    def heatmaps(self, crops: Tensor, flip: bool = False) -> Tensor:
        """(B, 3, H, W) in -1..1 -> (B, 17, h, w)."""
        light = torch.nn.functional.avg_pool2d(crops.mean(1, keepdim=True) / 2 + 0.5, 4)
        return torch.cat([light.roll(i, 3) for i in range(17)], 1)


def make(path: Path, count: int, size_wh: tuple[int, int]) -> None:
    """A video of drawn people, pushed about, with sound."""
    drawing = sdpose.synthetic.drawing(7, size_wh).image
    silent = path.with_suffix(".silent.mp4")
    with VideoWriter(silent, FPS) as writer:
        for i in range(count):
            writer.write(np.roll(drawing, round(40 * np.sin(i / 9)), axis=1))
    _with_sound(silent, path)
    silent.unlink()


def _with_sound(source: Path, target: Path) -> None:
    import av

    with av.open(str(source)) as pictures, av.open(str(target), "w") as output:
        video = output.add_stream_from_template(pictures.streams.video[0])
        sound = output.add_stream("aac", 48000, layout="mono")
        rest: Any = None
        for packet in pictures.demux(video=0):
            if packet.dts is None:
                continue
            while rest is None or rest.pts * rest.time_base <= packet.dts * packet.time_base:
                start = 0 if rest is None else rest.pts + 1024
                wave = np.sin(np.arange(start, start + 1024) / 20).astype(np.float32)[None]
                rest = av.AudioFrame.from_ndarray(wave, format="fltp", layout="mono")
                rest.sample_rate, rest.pts, rest.time_base = 48000, start, Fraction(1, 48000)
                output.mux(sound.encode(rest))
            packet.stream = video
            output.mux(packet)
        output.mux(sound.encode(None))


def measure(source: Path, model: str | None) -> dict[str, Any]:
    """Take a video through all stages, and say what it took."""
    network: Any = FakeModel() if model is None else sdpose.load_model(model)
    video = Video(source)
    with tempfile.TemporaryDirectory() as folder:
        skeleton, overlay = Path(folder) / "skeleton.mp4", Path(folder) / "overlay.mp4"
        filmed = pose_video(
            video,
            sdpose.Estimator(network),
            steadiness=Steadiness(),
            skeleton=skeleton,
            overlay=overlay,
            poses=Path(folder) / "poses.json",
            keep=True,
        )
        written = [sum(1 for _ in Video(path)) for path in (skeleton, overlay)]
    return {
        "frames_in": sum(1 for _ in video),
        "frames_out": [filmed.frames, len(filmed.poses), *written],
        "frames_per_second": filmed.frames / filmed.seconds,
        "waiting": filmed.waiting,
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="mini")
    parser.add_argument("--fake", action="store_true")
    parser.add_argument("--frames", type=int, nargs="+", default=[100, 2000])
    parser.add_argument("--size", default="1280x720")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    model = None if args.fake else args.model
    if args.measure:
        print(json.dumps(measure(args.measure, model)))
        return
    width, height = map(int, args.size.split("x"))
    rows = {}
    with tempfile.TemporaryDirectory() as folder:
        for count in args.frames:
            source = Path(folder) / f"{count}.mp4"
            make(source, count, (width, height))
            words = [sys.executable, __file__, "--measure", str(source), *(["--fake"] if args.fake else [])]
            words += ["--model", args.model]
            rows[count] = json.loads(subprocess.run(words, check=True, capture_output=True, text=True).stdout)
            source.unlink()
            row = rows[count]
            print(
                f"{count:6} frames in, {row['frames_out']} out: {row['frames_per_second']:.1f} frames/s, "
                f"the model stands still {row['waiting']:.0%}, peak {row['peak_mib']:.0f} MiB",
                flush=True,
            )
    peaks = [row["peak_mib"] for row in rows.values()]
    print(f"peak memory differs by {max(peaks) / min(peaks) - 1:.1%}")
    if args.json:
        args.json.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
