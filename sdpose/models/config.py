"""What an SDPose network is made of, as plain data."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from .. import topology
from ..errors import BadCheckpoint, BadOption
from ..topology import Skeleton

__all__ = ["SCHEMES", "SDPoseConfig", "Scheme"]


@dataclass(frozen=True)
class Scheme:
    """What one kind of SDPose predicts, and how much of the U-Net it needs for that.

    Attributes:
        skeleton: name of the keypoint table.
        up_blocks: how many of the U-Net's up-blocks run; the head reads the last one's output.
    """

    skeleton: str
    up_blocks: int


# Source: the published ModifiedUNet hooks. "body" reads the last up-block before conv_norm_out, "wholebody" the one
# before it, after its upsampler: both at the latent's full resolution.
SCHEMES = {"body": Scheme("coco17", 4), "wholebody": Scheme("coco_wholebody133", 3)}

_SD2_UNET: dict[str, Any] = {
    "in_channels": 4,
    "out_channels": 4,
    "down_block_types": ["CrossAttnDownBlock2D"] * 3 + ["DownBlock2D"],
    "mid_block_type": "UNetMidBlock2DCrossAttn",
    "up_block_types": ["UpBlock2D"] + ["CrossAttnUpBlock2D"] * 3,
    "block_out_channels": [320, 640, 1280, 1280],
    "layers_per_block": 2,
    "attention_head_dim": [5, 10, 20, 20],  # diffusers' name for the NUMBER of heads: 64 channels each
    "cross_attention_dim": 1024,
    "use_linear_projection": True,
    "norm_num_groups": 32,
    "class_embed_type": "projection",
    "projection_class_embeddings_input_dim": 4,
}

_SD2_VAE: dict[str, Any] = {
    "in_channels": 3,
    "out_channels": 3,
    "down_block_types": ["DownEncoderBlock2D"] * 4,
    "up_block_types": ["UpDecoderBlock2D"] * 4,
    "block_out_channels": [128, 256, 512, 512],
    "layers_per_block": 2,
    "latent_channels": 4,
    "norm_num_groups": 32,
    "scaling_factor": 0.18215,
}


@dataclass(frozen=True)
class SDPoseConfig:
    """The sizes of one SDPose network.

    Attributes:
        scheme: "body" (17 COCO keypoints) or "wholebody" (133 COCO-WholeBody keypoints).
        unet: arguments of diffusers' UNet2DConditionModel.
        vae: arguments of diffusers' AutoencoderKL.
        input_wh: network input in pixels, multiples of 16.
        sigma: standard deviation of the heatmaps it was trained on, in heatmap cells.

    Raises:
        BadOption: unknown scheme or an input size the U-Net cannot halve evenly.
    """

    scheme: str
    unet: dict[str, Any]
    vae: dict[str, Any]
    input_wh: tuple[int, int] = (768, 1024)
    sigma: float = 6.0

    def __post_init__(self) -> None:
        if self.scheme not in SCHEMES:
            raise BadOption(f"scheme is one of {', '.join(SCHEMES)}; got {self.scheme!r}")
        if any(side <= 0 or side % 16 for side in self.input_wh):
            raise BadOption(f"input_wh must be positive multiples of 16 pixels; got {self.input_wh}")
        object.__setattr__(self, "input_wh", (int(self.input_wh[0]), int(self.input_wh[1])))

    @classmethod
    def published(cls, scheme: str) -> SDPoseConfig:
        """Stable Diffusion 2 at 768x1024, as the published weights are."""
        return cls(scheme, dict(_SD2_UNET), dict(_SD2_VAE))

    @classmethod
    def mini(cls, scheme: str = "body") -> SDPoseConfig:
        """The same topology at toy width, small enough to train on a laptop and to ship."""
        unet = _SD2_UNET | {
            "block_out_channels": [32, 64, 112, 112],
            "attention_head_dim": [2, 4, 7, 7],
            "cross_attention_dim": 64,
            "norm_num_groups": 8,
        }
        vae = _SD2_VAE | {"block_out_channels": [12, 24, 48, 64], "layers_per_block": 1, "norm_num_groups": 4}
        return cls(scheme, unet, vae, input_wh=(144, 192), sigma=1.5)

    @property
    def skeleton(self) -> Skeleton:
        """The K keypoints it predicts."""
        return topology.get(SCHEMES[self.scheme].skeleton)

    @property
    def heatmap_wh(self) -> tuple[int, int]:
        """Heatmap cells: a quarter of the input on each axis."""
        return self.input_wh[0] // 4, self.input_wh[1] // 4

    @property
    def feature_channels(self) -> int:
        """C, the channels of the feature that the head reads."""
        return int(self.unet["block_out_channels"][::-1][SCHEMES[self.scheme].up_blocks - 1])

    def to_dict(self) -> dict[str, Any]:
        """As JSON values; `from_dict` reads it back."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> SDPoseConfig:
        """Raises BadCheckpoint when the values are not a config of ours; what they leave out is as published."""
        try:
            networks = {"unet": _SD2_UNET | values["unet"], "vae": _SD2_VAE | values["vae"]}
            return cls(**{**values, **networks, "input_wh": tuple(values["input_wh"])})
        except (TypeError, KeyError, BadOption) as error:
            raise BadCheckpoint(f"this model configuration cannot be read: {error}") from error
