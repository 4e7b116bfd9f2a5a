"""How much memory a long video takes, measured on whole processes by the benchmark."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import sdpose

BENCHMARK = Path(sdpose.__file__).parents[1] / "benchmarks" / "video.py"


@pytest.mark.slow
def test_two_thousand_frames_take_no_more_memory_than_a_hundred(tmp_path: Path) -> None:
    words = ["--fake", "--frames", "100", "2000", "--json", str(tmp_path / "rows.json")]
    subprocess.run([sys.executable, str(BENCHMARK), *words], check=True)
    short, long = json.loads((tmp_path / "rows.json").read_text()).values()
    assert set(short["frames_out"]) == {100} and set(long["frames_out"]) == {2000}
    assert long["peak_mib"] < 1.05 * short["peak_mib"]
    assert 0 <= long["waiting"] <= 1
