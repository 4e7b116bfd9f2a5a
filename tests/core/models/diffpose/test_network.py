"""Shapes, sizes, determinism and the ablation switches of the network."""

import pytest
import torch

from sdpose.errors import BadImage, BadOption
from sdpose.models.diffpose import DiffPoseConfig, build_diffpose
from sdpose.models.diffpose.decoder import time_embedding
from sdpose.models.diffpose.transformer import from_tokens, to_tokens


def crops(count, config):
    width, height = config.input_wh
    return torch.rand((count, 3, height, width), generator=torch.Generator().manual_seed(5)) * 2 - 1


def windows(model, people=2):
    features = model.features(crops(people * model.config.frames, model.config))
    return features.view(people, model.config.frames, *features.shape[1:])


def millions(module):
    return sum(parameter.numel() for parameter in module.parameters()) / 1e6


def test_the_papers_size():
    model = build_diffpose(DiffPoseConfig.paper(), "meta")
    assert model.input_wh == (192, 256)
    assert model.heatmap_wh == (48, 64)
    assert millions(model.backbone) == pytest.approx(85.8, abs=0.05)  # ViT-B/16 without class token and head
    # Six layers of 768 (42.5 M), the frames' positions, the embedding and the aggregating MLP.
    assert millions(model.strl) == pytest.approx(48.58, abs=0.01)
    assert millions(model.decoder) == pytest.approx(14.79, abs=0.01)


def test_the_papers_network_maps_the_papers_shapes():
    model = build_diffpose(DiffPoseConfig.paper(), "meta")
    features = model.backbone(torch.empty(5, 3, 256, 192, device="meta"))
    assert features.shape == (5, 768, 16, 12)
    pyramid = model.pyramid(features[None])
    assert [tuple(level.shape) for level in pyramid] == [(1, 256, 16, 12), (1, 256, 32, 24), (1, 256, 64, 48)]
    noisy = torch.empty(1, 17, 64, 48, device="meta")
    assert model.decoder(noisy, pyramid, torch.zeros(1, device="meta")).shape == (1, 17, 64, 48)


def test_the_mini_fits_its_file():
    assert millions(build_diffpose(DiffPoseConfig.mini(), "meta")) * 2 < 16


@pytest.mark.parametrize(
    "changes",
    [
        {}, {"strl": False}, {"interaction": "concat"}, {"levels": 1}, {"fusion": "concat"}, {"delta": 0},
        {"stem": ()}, {"signal_scale": None}, {"levels": 1, "fusion": "concat"}, {"skeleton": "posetrack17"},
    ],
    ids=str,
)  # fmt: skip
def test_every_variant_runs_and_differs_from_the_others(config, changes):
    torch.manual_seed(0)
    model = build_diffpose(config(**changes))
    maps = model.heatmaps(windows(model), steps=2, noises=3)
    assert maps.shape == (2, 17, 12, 8)
    assert maps.dtype == torch.float32
    assert maps.isfinite().all()


def test_the_frames_of_a_window_matter_with_strl_only(config):
    for strl in (True, False):
        torch.manual_seed(0)
        model = build_diffpose(config(strl=strl))
        seen = windows(model, people=1)
        other = seen.clone()
        other[:, 0] = 0
        same = torch.allclose(model.heatmaps(seen, noises=1), model.heatmaps(other, noises=1), atol=1e-6)
        assert same is not strl


def test_a_lookup_passes_nothing_of_the_heatmaps_but_a_mask(config):
    model = build_diffpose(config())
    level = model.decoder.levels[1]
    noisy, features = torch.randn(1, 16, 6, 4), torch.randn(1, 16, 6, 4)
    mask = level.refine(noisy).amax(dim=1, keepdim=True).sigmoid()
    expected = level.interact(torch.cat([features * mask, features], dim=1))
    torch.testing.assert_close(level(noisy, features), expected)


def test_one_seed_gives_one_result_whatever_the_batch(model):
    seen = windows(model, people=3)
    together = model.heatmaps(seen, seed=7)
    alone = torch.cat([model.heatmaps(seen[n : n + 1], seed=7) for n in range(3)])
    torch.testing.assert_close(together, alone, rtol=0, atol=2e-4)
    assert not torch.allclose(together, model.heatmaps(seen, seed=8), atol=1e-3)
    random = [model.heatmaps(seen, seed=7, eta=1.0) for _ in range(2)]
    assert torch.equal(*random)


def test_noises_are_averaged(model):
    seen = windows(model, people=1)
    both = model.heatmaps(seen, noises=2, steps=1)
    noise = torch.randn((2, 17, 12, 8), generator=torch.Generator().manual_seed(0))
    pyramid = model.pyramid(seen)
    at = torch.tensor([999])
    single = [model.decoder(model.diffusion.seen(noise[n : n + 1]), pyramid, at) for n in range(2)]
    torch.testing.assert_close(both, (single[0] + single[1]) / 2, rtol=0, atol=1e-6)


def test_a_large_ensemble_comes_in_parts(model, monkeypatch):
    seen = windows(model)
    whole = model.heatmaps(seen, noises=5, steps=2, seed=3)
    monkeypatch.setattr("sdpose.models.diffpose.network.NOISES_AT_ONCE", 2)
    torch.testing.assert_close(model.heatmaps(seen, noises=5, steps=2, seed=3), whole, rtol=0, atol=2e-4)


def test_a_warm_start_from_step_zero_keeps_what_it_is_given(model):
    seen = windows(model)
    start = torch.rand(2, 17, 12, 8)
    inputs = []
    model.decoder.register_forward_pre_hook(lambda _module, args: inputs.append(args[0]))
    model.heatmaps(seen, noises=2, steps=1, start=start, start_step=0)
    given = model.diffusion.signal(start).repeat_interleave(2, dim=0)
    torch.testing.assert_close(inputs[0], given, rtol=0, atol=0.05)  # abar_0 is 0.99996
    model.heatmaps(seen, noises=2, steps=1, start=start, start_step=999)
    assert abs(float((inputs[1] * given).mean()) / float((given**2).mean())) < 0.1


@pytest.mark.parametrize(
    "options", [{"noises": 0}, {"steps": 0}, {"start_step": 1000}, {"start_step": -1}, {"eta": 1.5}], ids=str
)
def test_numbers_out_of_range_are_refused(model, options):
    with pytest.raises(BadOption):
        model.heatmaps(windows(model), **options)


def test_wrong_shapes_are_refused(model):
    with pytest.raises(BadImage, match=r"crops must have shape \(B, 3, 48, 32\); got \(1, 3, 32, 48\)"):
        model.features(torch.zeros(1, 3, 32, 48))
    with pytest.raises(BadImage, match=r"windows must have shape \(B, 5, C, h, w\)"):
        model.pyramid(torch.zeros(1, 3, 16, 3, 2))
    with pytest.raises(BadImage, match="start must have shape"):
        model.heatmaps(windows(model), start=torch.zeros(2, 17, 8, 12))


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision_is_finite_at_the_noisiest_step(config, dtype):
    torch.manual_seed(0)
    model = build_diffpose(config(), dtype=dtype)
    maps = model.heatmaps(windows(model), steps=4, noises=4)
    assert maps.dtype == torch.float32
    assert maps.isfinite().all()
    torch.manual_seed(0)
    exact = build_diffpose(config())
    assert (maps - exact.heatmaps(windows(exact), steps=4, noises=4)).abs().mean() < 0.05


def test_tokens_and_maps_are_each_others_inverse():
    maps = torch.randn(2, 5, 3, 4)
    assert torch.equal(from_tokens(to_tokens(maps), 3), maps)


def test_step_indices_are_told_apart():
    embedded = time_embedding(torch.arange(1000), 64)
    assert embedded.shape == (1000, 64)
    assert torch.cdist(embedded, embedded).fill_diagonal_(9).min() > 1e-2


@pytest.mark.parametrize(
    "changes",
    [
        {"input_wh": (33, 48)}, {"stem": (8, 8)}, {"heads": 3}, {"levels": 2}, {"fusion": "max"}, {"delta": -1},
        {"interaction": "add"}, {"stem": (8, 8, 8, 12)}, {"depth": 2.0}, {"sigma": 0}, {"signal_scale": 0},
        {"decoder_heads": 5}, {"drop_path": 1.0},
    ],
    ids=str,
)  # fmt: skip
def test_impossible_sizes_are_refused(config, changes):
    with pytest.raises(BadOption, match=next(iter(changes)) if "decoder_heads" not in changes else "channels"):
        config(**changes)
