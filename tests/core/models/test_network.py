"""The network against the published code, run on a small random checkpoint; cost; batches; dtypes."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from sdpose import UDPHeatmaps, build_model, load_model
from sdpose.errors import BadImage
from sdpose.models import SDPose, SDPoseConfig

CODEC = UDPHeatmaps((192, 256), (48, 64))
FLOP_LIMITS = {"wholebody": 5.95e12, "body": 6.75e12}


@pytest.fixture(scope="module")
def model(folder: Path) -> SDPose:
    return load_model(folder)


def close(actual: torch.Tensor, golden: torch.Tensor, atol: float) -> None:
    torch.testing.assert_close(actual, golden, atol=atol, rtol=0)


def test_latents_and_features(
    model: SDPose, scheme: str, crops: torch.Tensor, expected: dict[str, torch.Tensor]
) -> None:
    latents = model.latents(crops)
    close(latents, expected["latent_mode_scaled"], 1e-5)
    # The golden features are float32: in float64 the body's come out 2.4e-4 away from them, whatever the processor.
    close(model.features(latents), expected[f"{scheme}.feature"], 5e-4)


@pytest.mark.parametrize("flip", [False, True], ids=["noflip", "flip"])
def test_heatmaps_scores_and_keypoints(
    model: SDPose, scheme: str, flip: bool, crops: torch.Tensor, expected: dict[str, torch.Tensor]
) -> None:
    kind = f"{scheme}.{'flip' if flip else 'noflip'}"
    heatmaps = model.heatmaps(crops, flip=flip)
    channels = [*range(23), 91, 112]
    if scheme == "body":
        close(heatmaps, expected[f"{kind}.heatmaps"], 1e-3)
    elif flip:
        close(heatmaps[0, channels], expected[f"{kind}.heatmaps_img0_ch{{0..22,91,112}}"], 1e-3)
    else:
        close(heatmaps[0], expected[f"{kind}.heatmaps_img0"], 1e-3)
    points, scores = CODEC.decode(heatmaps)
    close(scores, expected[f"{kind}.scores"], 1e-3)
    stable = expected[f"{kind}.stable"].bool()
    assert stable.any()
    close(points[stable], expected[f"{kind}.keypoints"][stable].float(), 0.02)


def test_the_network_says_what_it_is(model: SDPose, scheme: str) -> None:
    assert model.scheme == scheme
    assert len(model.skeleton) == {"body": 17, "wholebody": 133}[scheme]
    assert model.input_wh == (768, 1024)  # the published size: the folder says nothing else
    assert model.heatmap_wh == (192, 256)


def test_nothing_is_built_that_the_heatmaps_do_not_need(model: SDPose, scheme: str) -> None:
    names = list(model.state_dict())
    assert not [n for n in names if "decoder" in n]
    assert not [n for n in names if n.startswith(("network.unet.conv_norm_out", "network.unet.conv_out"))]
    blocks = {n.split(".")[3] for n in names if n.startswith("network.unet.up_blocks.")}
    assert blocks == ({"0", "1", "2", "3"} if scheme == "body" else {"0", "1", "2"})


def test_a_batch_of_eight_equals_eight_alone(model: SDPose, crops: torch.Tensor) -> None:
    torch.manual_seed(0)
    batch = torch.cat([crops, torch.rand(6, 3, 256, 192) * 2 - 1])
    together = model.heatmaps(batch)
    alone = torch.cat([model.heatmaps(crop[None]) for crop in batch])
    close(together, alone, 1e-4)


@pytest.mark.parametrize(("dtype", "tolerance"), [("float16", 0.05), ("bfloat16", 0.4)])
def test_half_precision_stays_near(
    folder: Path, model: SDPose, crops: torch.Tensor, dtype: str, tolerance: float
) -> None:
    half = load_model(folder, dtype=dtype)
    heatmaps = half.heatmaps(crops)
    assert heatmaps.dtype == torch.float32
    assert (heatmaps - model.heatmaps(crops)).abs().mean() < tolerance * model.heatmaps(crops).std()


def test_features_with_the_tail_are_those_without(folder: Path, model: SDPose, crops: torch.Tensor) -> None:
    whole = load_model(folder, tail=True)
    latents = model.latents(crops)
    assert torch.equal(whole.features(latents), model.features(latents))
    reconstructed = whole.network.reconstruct(latents)
    assert reconstructed.shape == latents.shape
    assert torch.isfinite(reconstructed).all()


@pytest.mark.parametrize("scheme_name", ["wholebody", "body"])
def test_cost_of_a_crop(scheme_name: str) -> None:
    model = build_model(scheme_name, device="meta")
    with FlopCounterMode(display=False) as counter:
        heatmaps = model.heatmaps(torch.zeros(1, 3, 1024, 768, device="meta"))
    assert heatmaps.shape == (1, len(model.skeleton), 256, 192)
    assert counter.get_total_flops() <= FLOP_LIMITS[scheme_name]


@pytest.mark.parametrize("shape", [(1, 3, 250, 192), (3, 256, 192), (1, 4, 256, 192)])
def test_crops_of_another_shape_are_refused(model: SDPose, shape: tuple[int, ...]) -> None:
    with pytest.raises(BadImage, match=r"\(B, 3, H, W\)"):
        model.heatmaps(torch.zeros(shape))


def test_a_mini_of_either_scheme_runs() -> None:
    for scheme_name in ("body", "wholebody"):
        model = build_model(SDPoseConfig.mini(scheme_name))
        width, height = model.input_wh
        heatmaps = model.heatmaps(torch.zeros(2, 3, height, width))
        assert heatmaps.shape == (2, len(model.skeleton), height // 4, width // 4)


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize("scheme_name", ["body", "wholebody"])
def test_published_size_runs_on_a_small_machine(scheme_name: str, dtype: str) -> None:
    """Full size, random weights, one crop, on the CPU: `pytest -m slow`. 24 GB must do."""
    code = (
        "import sdpose, torch; torch.manual_seed(0);"
        f"model = sdpose.build_model({scheme_name!r}, dtype={dtype!r});"
        "maps = model.heatmaps(torch.rand(1, 3, 1024, 768) * 2 - 1);"
        "assert torch.isfinite(maps).all(), 'not finite'; assert maps.shape[-2:] == (256, 192)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss < 24 * 1024**2  # kilobytes
