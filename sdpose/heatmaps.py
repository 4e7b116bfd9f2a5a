"""UDP heatmaps: keypoints to Gaussians and back, batched in torch on whatever device the heatmaps are on.

Encoding and coordinates follow UDP (Huang et al., CVPR 2020), sub-pixel decoding follows DARK (Zhang et al.,
CVPR 2020), with the constants of the published SDPose code (mmpose's UDPHeatmap, blur kernel 11). Points are in
"input pixels": column 0 of a heatmap is x = 0 and its last column is x = input_w (see `sdpose.boxes`).

Two faults of the reference are not repeated: a map whose maximum is not positive never reads its neighbours'
values (it decodes to the corner just outside, with its own score), and no map decodes to NaN (one that holds NaN or
infinity decodes like an empty one, with score 0).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812

from .errors import BadKeypoints

__all__ = ["UDPHeatmaps"]

BLUR_KERNEL = 11
LOG_RANGE = (1e-3, 50.0)
RIDGE = float(torch.finfo(torch.float32).eps)


@dataclass(frozen=True)
class UDPHeatmaps:
    """Encoder and decoder for heatmaps (B, K, h, w) of an input of `input_wh` pixels.

    Attributes:
        input_wh: network input in pixels; the unit of points.
        heatmap_wh: heatmap width and height in cells.
        sigma: standard deviation of an encoded Gaussian, in heatmap cells (published: 6 at 192x256).
    """

    input_wh: tuple[int, int]
    heatmap_wh: tuple[int, int]
    sigma: float = 6.0

    def _cells(self, points: torch.Tensor) -> torch.Tensor:
        """(..., 2) factor from heatmap cells to input pixels."""
        width, height = self.heatmap_wh
        return points.new_tensor([self.input_wh[0] / (width - 1), self.input_wh[1] / (height - 1)])

    def encode(self, points: torch.Tensor, visible: torch.Tensor | None = None) -> tuple[torch.Tensor, torch.Tensor]:
        """Gaussians of height 1 at the exact sub-cell positions.

        Args:
            points: (B, K, 2) input pixels, a tensor or an array.
            visible: (B, K) weight of each keypoint, usually 0 or 1; default all 1.

        Returns:
            heatmaps (B, K, h, w) float32 in 0..1, zero where the weight is 0, and weights (B, K) float32: `visible`
            with 0 for every keypoint so far outside the map that nothing of its Gaussian is seen.

        Raises:
            BadKeypoints: shapes are not (B, K, 2) and (B, K).
        """
        points = torch.as_tensor(points).float()
        visible = None if visible is None else torch.as_tensor(visible)
        if points.ndim != 3 or points.shape[-1] != 2:
            raise BadKeypoints(f"points to encode must have shape (B, K, 2), got {tuple(points.shape)}")
        if visible is not None and visible.shape != points.shape[:2]:
            raise BadKeypoints(f"visible must have shape {tuple(points.shape[:2])}, got {tuple(visible.shape)}")
        weights = torch.ones_like(points[..., 0]) if visible is None else visible.to(points)
        centre = points / self._cells(points)
        across, column_seen = self._profile(centre[..., 0], self.heatmap_wh[0])
        down, row_seen = self._profile(centre[..., 1], self.heatmap_wh[1])
        weights = weights.float() * (column_seen & row_seen)
        heatmaps = down[..., :, None] * across[..., None, :]
        return torch.where((weights > 0)[..., None, None], heatmaps, 0.0), weights

    def _profile(self, centre: torch.Tensor, cells: int) -> tuple[torch.Tensor, torch.Tensor]:
        """One axis of a Gaussian (..., cells), and whether any of it (...) lies on the map.

        As in mmpose it is cut off 3 sigma from the cell nearest its centre.
        """
        nearest, reach = (centre + 0.5).trunc(), 3 * self.sigma
        at = torch.arange(cells, device=centre.device, dtype=torch.float32)
        profile = torch.exp(-((at - centre[..., None]) ** 2) / (2 * self.sigma**2))
        seen = (nearest - reach < cells) & (nearest + reach + 1 >= 0)
        return profile * ((at - nearest[..., None]).abs() <= reach), seen

    def decode(self, heatmaps: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Positions and heights of the maxima, refined below a cell by one Newton step on the blurred log map.

        Args:
            heatmaps: (B, K, h, w), any float dtype, raw network output; a tensor or an array.

        Returns:
            points (B, K, 2) float32 input pixels, and scores (B, K) float32: the raw maxima, not clipped. Where a score
            is not positive the point means nothing and lies just outside the top left corner.

        Raises:
            BadKeypoints: the shape is not (B, K, h, w) of this codec.
        """
        heatmaps = torch.as_tensor(heatmaps)
        if heatmaps.ndim != 4 or heatmaps.shape[-2:] != (self.heatmap_wh[1], self.heatmap_wh[0]):
            wanted = f"(B, K, {self.heatmap_wh[1]}, {self.heatmap_wh[0]})"
            raise BadKeypoints(f"heatmaps must have shape {wanted}, got {tuple(heatmaps.shape)}")
        maps = heatmaps.float().flatten(0, 1)
        maps = torch.where(maps.flatten(1).isfinite().all(dim=1)[:, None, None], maps, 0.0)
        scores, flat = maps.flatten(1).max(dim=1)
        at = torch.stack([flat % self.heatmap_wh[0], flat // self.heatmap_wh[0]], dim=1)
        cells = at - _newton_step(_log_blurred(maps, scores), at)
        cells = torch.where(scores[:, None] > 0, cells, torch.full_like(cells, -1.0))
        points = cells * self._cells(cells)
        shape = heatmaps.shape[:2]
        return points.view(*shape, 2), scores.view(shape)


def _log_blurred(maps: torch.Tensor, peaks: torch.Tensor) -> torch.Tensor:
    """(N, h, w) blurred to keep their height, then log, with one replicated cell around: (N, h + 2, w + 2)."""
    sigma = 0.3 * ((BLUR_KERNEL - 1) * 0.5 - 1) + 0.8  # OpenCV's rule for a kernel of that size: 2.0
    radius = BLUR_KERNEL // 2
    offsets = torch.arange(-radius, radius + 1, device=maps.device, dtype=torch.float32)
    kernel = torch.exp(-(offsets**2) / (2 * sigma**2))
    kernel = kernel / kernel.sum()
    blurred = F.conv2d(maps[:, None], kernel.view(1, 1, 1, -1), padding=(0, radius))
    blurred = F.conv2d(blurred, kernel.view(1, 1, -1, 1), padding=(radius, 0))
    height = blurred.flatten(1).max(dim=1).values
    gain = torch.where(height > 0, peaks / height, torch.ones_like(height))
    log = (blurred * gain[:, None, None, None]).clamp(*LOG_RANGE).log()
    return F.pad(log, (1, 1, 1, 1), mode="replicate")[:, 0]


def _newton_step(log: torch.Tensor, at: torch.Tensor) -> torch.Tensor:
    """(N, 2) cells from the maximum of the fitted paraboloid to the maximum cell (DARK, equations 6 to 8)."""
    n = torch.arange(len(at), device=at.device)
    x, y = at[:, 0] + 1, at[:, 1] + 1

    def value(dx: int, dy: int) -> torch.Tensor:
        return log[n, y + dy, x + dx]

    centre, right, left, below, above = value(0, 0), value(1, 0), value(-1, 0), value(0, 1), value(0, -1)
    gx, gy = 0.5 * (right - left), 0.5 * (below - above)
    hxx, hyy = right - 2 * centre + left + RIDGE, below - 2 * centre + above + RIDGE
    hxy = 0.5 * (value(1, 1) - right - below + 2 * centre - left - above + value(-1, -1))
    determinant = hxx * hyy - hxy * hxy
    safe = torch.where(determinant == 0, torch.ones_like(determinant), determinant)
    step = torch.stack([hyy * gx - hxy * gy, hxx * gy - hxy * gx], dim=1) / safe[:, None]
    return torch.where(determinant[:, None] == 0, torch.zeros_like(step), step)
