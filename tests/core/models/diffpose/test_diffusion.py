"""The noise schedule against its formula, noising against its moments, DDIM against diffusers where both exist."""

import math
from itertools import pairwise

import pytest
import torch
from diffusers import DDIMScheduler

from sdpose.errors import BadOption
from sdpose.models.diffpose.diffusion import Diffusion, step_grid

DIFFUSION = Diffusion(1000, 2.0)


@pytest.mark.parametrize(
    ("steps", "grid"),
    [(1, [999, -1]), (2, [999, 499, -1]), (4, [999, 749, 499, 249, -1]), (3, [999, 665, 332, -1])],
)
def test_the_grid_has_as_many_strides_as_steps(steps, grid):
    assert step_grid(steps, 999) == grid


@pytest.mark.parametrize("steps", [1, 2, 4, 50, 1000])
@pytest.mark.parametrize("start", [0, 1, 300, 999])
def test_any_grid_falls_from_its_start_to_minus_one(steps, start):
    grid = step_grid(steps, start)
    assert (len(grid), grid[0], grid[-1]) == (steps + 1, start, -1)
    assert all(a >= b for a, b in pairwise(grid))


def test_no_steps_are_refused():
    with pytest.raises(BadOption, match="at least 1; got 0"):
        step_grid(0, 999)


def test_the_schedule_is_the_cosine():
    def level(t):
        return math.cos((t / 1000 + 0.008) / 1.008 * math.pi / 2) ** 2

    expected, product = [], 1.0
    for t in range(1000):
        product *= 1 - min(0.999, 1 - level(t + 1) / level(t))
        expected.append(product)
    torch.testing.assert_close(
        DIFFUSION.alpha_bars.double(), torch.tensor(expected, dtype=torch.float64), rtol=2e-4, atol=1e-9
    )
    assert DIFFUSION.alpha_bars[998] == pytest.approx(2.4e-6, rel=0.05)
    assert DIFFUSION.alpha_bars[999] == pytest.approx(2.4e-9, rel=0.05)


@pytest.mark.parametrize("step", [0, 250, 500, 999])
def test_noised_heatmaps_have_the_moments_of_the_forward_process(step):
    heatmaps = torch.full((20_000, 1), 0.75)
    noise = torch.randn(heatmaps.shape, generator=torch.Generator().manual_seed(1))
    noisy = DIFFUSION.noised(heatmaps, noise, torch.full((20_000,), step))
    abar = float(DIFFUSION.alpha_bars[step])
    assert noisy.mean() == pytest.approx(abar**0.5 * 1.0, abs=0.03)  # (2 * 0.75 - 1) * 2
    assert noisy.std() == pytest.approx((1 - abar) ** 0.5, abs=0.02)


def test_the_papers_text_diffuses_heatmaps_as_they_are():
    literal, heatmaps = Diffusion(1000, None), torch.tensor([[0.0, 0.5, 1.0]])
    assert torch.equal(literal.signal(heatmaps), heatmaps)
    assert torch.equal(literal.seen(heatmaps * 9), heatmaps * 9)
    assert DIFFUSION.signal(heatmaps).tolist() == [[-2.0, 0.0, 2.0]]
    assert DIFFUSION.seen(heatmaps * 9).tolist() == [[0.0, 2.0, 2.0]]


@pytest.mark.parametrize("steps", [1, 2, 4, 50])
def test_where_diffusers_has_the_same_grid_ddim_agrees(steps):
    scheduler = DDIMScheduler(
        beta_schedule="squaredcos_cap_v2", prediction_type="sample", clip_sample=False, timestep_spacing="trailing"
    )
    scheduler.set_timesteps(steps)
    assert scheduler.timesteps.tolist() == step_grid(steps, 999)[:-1]
    noisy = torch.randn((3, 2, 4, 5), generator=torch.Generator().manual_seed(2))

    def decode(seen, at):
        return (0.4 * torch.sin(seen + at.view(-1, 1, 1, 1) / 300) + 0.5).clamp(0, 1)

    found = DIFFUSION.denoise(decode, noisy, steps, 999)
    x = noisy
    for t in scheduler.timesteps.tolist():
        heatmaps = decode(DIFFUSION.seen(x), torch.full((3,), t))
        x = scheduler.step(DIFFUSION.signal(heatmaps), t, x).prev_sample
    torch.testing.assert_close(found, heatmaps, rtol=0, atol=2e-4)


@pytest.mark.parametrize("steps", [1, 2, 4, 7])
def test_the_decoder_is_called_once_a_step(steps):
    calls = []

    def decode(seen, at):
        calls.append(int(at[0]))
        return torch.zeros_like(seen)

    DIFFUSION.denoise(decode, torch.randn(1, 1, 2, 2), steps, 700)
    assert calls == step_grid(steps, 700)[:-1]


def test_an_oracle_is_denoised_to_the_truth():
    truth = torch.rand((2, 3, 4, 4), generator=torch.Generator().manual_seed(3))
    found = DIFFUSION.denoise(lambda seen, at: truth, torch.randn(2, 3, 4, 4), 4, 999)
    assert torch.equal(found, truth)
    x, noise = DIFFUSION.signal(truth), torch.randn(2, 3, 4, 4)
    # One exact stride keeps the noise that was there: x_t moves along its own ray (Song et al., eq. 12).
    moved = DIFFUSION._stepped(DIFFUSION.noised(truth, noise, torch.tensor([600, 600])), x, 600, 200, 0.0, None)
    torch.testing.assert_close(moved, DIFFUSION.noised(truth, noise, torch.tensor([200, 200])), rtol=1e-4, atol=1e-4)


def test_eta_adds_fresh_noise():
    noisy = torch.randn(1, 1, 4, 4)
    x = torch.zeros(1, 1, 4, 4)
    still = DIFFUSION._stepped(noisy, x, 600, 200, 0.0, lambda: torch.ones_like(noisy))
    lively = DIFFUSION._stepped(noisy, x, 600, 200, 1.0, lambda: torch.ones_like(noisy))
    assert not torch.allclose(still, lively)
