"""UDP and DARK: against the published decoder, round trips, and its two faults."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from sdpose.errors import BadKeypoints
from sdpose.heatmaps import UDPHeatmaps

CASES = np.load(Path(__file__).parents[1] / "goldens" / "decode" / "decode_cases.npz")
SMALL = UDPHeatmaps((192, 256), (48, 64))
FAULTS = {
    # 0/0 in the reference's rescaling: NaN coordinates. Ours lie outside the corner, like every absent keypoint.
    "all_zero",
    # The reference divides by a negative blurred maximum, which turns the map upside down before refining.
    "pos_spike_on_negative_bg(blurred_max<=0)",
}


def test_decoding_is_the_published_one() -> None:
    points, scores = SMALL.decode(torch.from_numpy(CASES["heatmaps"])[None])
    fine = [str(name) not in FAULTS for name in CASES["names"]]
    assert len(fine) - sum(fine) == len(FAULTS)
    np.testing.assert_allclose(scores[0].numpy(), CASES["scores"], atol=1e-5)
    np.testing.assert_allclose(points[0].numpy()[fine], CASES["keypoints_solo"][fine], atol=0.02)


def test_no_map_decodes_to_nan() -> None:
    broken = torch.ones(2, 64, 48)
    broken[0, 3, 3], broken[1, 3, 3] = torch.inf, torch.nan
    odd = torch.stack([torch.zeros(64, 48), torch.full((64, 48), -1.0), torch.full((64, 48), 1e-9), *broken])
    points, scores = SMALL.decode(odd[None])
    assert torch.isfinite(points).all()
    assert scores[0].tolist() == [0, -1, pytest.approx(1e-9), 0, 0]


def test_a_map_does_not_depend_on_its_neighbours() -> None:
    maps = torch.from_numpy(CASES["heatmaps"])
    together, _ = SMALL.decode(maps[None])
    alone = torch.cat([SMALL.decode(m[None, None])[0] for m in maps], dim=1)
    torch.testing.assert_close(together, alone, atol=1e-3, rtol=0)


@settings(max_examples=50)
@given(
    st.sampled_from([((768, 1024), (192, 256), 6.0), ((192, 256), (48, 64), 2.0), ((96, 128), (24, 32), 1.5)]),
    st.floats(0.2, 0.8),
    st.floats(0.2, 0.8),
)
def test_what_is_encoded_is_decoded(sizes: tuple[tuple[int, int], tuple[int, int], float], x: float, y: float) -> None:
    codec = UDPHeatmaps(*sizes)
    point = torch.tensor([[[x * codec.input_wh[0], y * codec.input_wh[1]]]])
    heatmaps, weights = codec.encode(point)
    found, scores = codec.decode(heatmaps)
    assert weights.item() == 1
    assert 0.85 < scores.item() <= 1
    torch.testing.assert_close(found, point, atol=0.02 * codec.input_wh[0] / codec.heatmap_wh[0], rtol=0)


def test_invisible_and_unreachable_keypoints_have_no_map_and_no_weight() -> None:
    points = torch.tensor([[[50.0, 50.0], [50.0, 50.0], [-500.0, 50.0], [-4.0, 50.0]]])
    heatmaps, weights = SMALL.encode(points, torch.tensor([[1, 0, 1, 1]]))
    assert weights.tolist() == [[1, 0, 0, 1]]
    assert (heatmaps[0, 1:3] == 0).all()
    assert heatmaps[0, 3].max() > 0.9  # just outside: its flank is on the map


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_maps_decode(dtype: torch.dtype) -> None:
    heatmaps, _ = SMALL.encode(torch.tensor([[[80.0, 120.0]]]))
    points, _ = SMALL.decode(heatmaps.to(dtype))
    torch.testing.assert_close(points, torch.tensor([[[80.0, 120.0]]]), atol=0.5, rtol=0)


def test_an_unlabelled_keypoint_may_be_anywhere_and_a_weight_anything() -> None:
    heatmaps, _ = SMALL.encode(torch.tensor([[[torch.nan, 5.0]]]), torch.zeros(1, 1))
    assert (heatmaps == 0).all()
    _, weights = SMALL.encode(torch.tensor([[[80, 120]]]), torch.tensor([[0.5]]))
    assert weights.item() == 0.5


def test_arrays_are_taken_like_tensors() -> None:
    heatmaps, _ = SMALL.encode(np.array([[[80.0, 120.0]]]), np.ones((1, 1)))
    points, _ = SMALL.decode(heatmaps.numpy())
    torch.testing.assert_close(points, torch.tensor([[[80.0, 120.0]]]), atol=0.02, rtol=0)


def test_an_empty_batch_keeps_its_shape() -> None:
    heatmaps, weights = SMALL.encode(torch.zeros(0, 17, 2))
    assert heatmaps.shape == (0, 17, 64, 48)
    assert weights.shape == (0, 17)
    points, scores = SMALL.decode(heatmaps)
    assert points.shape == (0, 17, 2)
    assert scores.shape == (0, 17)


def test_shapes_that_do_not_fit_are_named() -> None:
    with pytest.raises(BadKeypoints, match=r"\(B, K, 64, 48\), got \(1, 17, 48, 64\)"):
        SMALL.decode(torch.zeros(1, 17, 48, 64))
    with pytest.raises(BadKeypoints, match=r"\(B, K, 2\)"):
        SMALL.encode(torch.zeros(17, 2))
    with pytest.raises(BadKeypoints, match="visible must have shape"):
        SMALL.encode(torch.zeros(1, 17, 2), torch.zeros(1, 16))
