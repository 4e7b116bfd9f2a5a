"""The two published checkpoint layouts, and how their tensor names correspond.

*Folder* (diffusers): `unet/`, `vae/` and `decoder/`, each a safetensors file, with a config.json for the first two.
*Single file* (ldm names, as ComfyUI loads it): `model.diffusion_model.*` with the head under
`model.diffusion_model.heatmap_head.*`, and `first_stage_model.*`.

Names in the folder layout are canonical here, as (component, name). The table below turns them into single-file
names; the way back is found by walking the names that diffusers' own classes have.
"""

from __future__ import annotations

import re
from collections.abc import Callable

__all__ = ["COMPONENTS", "HEAD", "UNET", "VAE", "modern_name", "single_file_name"]

UNET, VAE, HEAD = "unet", "vae", "decoder"
COMPONENTS = (UNET, VAE, HEAD)

_PREFIX = {
    UNET: "model.diffusion_model.",
    VAE: "first_stage_model.",
    HEAD: "model.diffusion_model.heatmap_head.",
}

_RESNET = {
    "norm1": "in_layers.0",
    "conv1": "in_layers.2",
    "time_emb_proj": "emb_layers.1",
    "norm2": "out_layers.0",
    "conv2": "out_layers.3",
    "conv_shortcut": "skip_connection",
}

_UNET_STEMS = {
    "conv_in": "input_blocks.0.0",
    "time_embedding.linear_1": "time_embed.0",
    "time_embedding.linear_2": "time_embed.2",
    "class_embedding.linear_1": "label_emb.0.0",
    "class_embedding.linear_2": "label_emb.0.2",
    "mid_block.resnets.0": "middle_block.0",
    "mid_block.attentions.0": "middle_block.1",
    "mid_block.resnets.1": "middle_block.2",
    "conv_norm_out": "out.0",
    "conv_out": "out.2",
}

_VAE_ATTENTION = {"group_norm": "norm", "to_q": "q", "to_k": "k", "to_v": "v", "to_out.0": "proj_out"}
_OLD_VAE_ATTENTION = {"query": "to_q", "key": "to_k", "value": "to_v", "proj_attn": "to_out.0"}


def single_file_name(component: str, name: str, layers: int, up_attention: tuple[bool, ...]) -> str:
    """The single-file name of a folder-layout tensor.

    Args:
        component: "unet", "vae" or "decoder".
        name: the tensor's name in that component's file.
        layers: the U-Net's layers_per_block.
        up_attention: for each up-block of the U-Net, whether it has attentions (its upsampler then comes third).
    """
    if component == UNET:
        name = _unet_name(name, layers, up_attention)
    elif component == VAE:
        name = _vae_name(name)
    return _PREFIX[component] + name


def modern_name(component: str, name: str) -> str:
    """A folder-layout name as today's diffusers spells it (VAE attentions were renamed in 2023)."""
    if component != VAE or ".attentions." not in name:
        return name
    stem, kind = name.rsplit(".", 1)
    parent, leaf = stem.rsplit(".", 1)
    return f"{parent}.{_OLD_VAE_ATTENTION.get(leaf, leaf)}.{kind}"


def _unet_name(name: str, layers: int, up_attention: tuple[bool, ...]) -> str:
    per_block = layers + 1

    def down(block: int, index: int) -> str:
        return f"input_blocks.{1 + per_block * block + index}"

    def up(block: int, index: int) -> str:
        return f"output_blocks.{per_block * block + index}"

    rules: list[tuple[str, Callable[[int, int], str]]] = [
        (r"down_blocks\.(\d+)\.resnets\.(\d+)\.", lambda b, i: f"{down(b, i)}.0."),
        (r"down_blocks\.(\d+)\.attentions\.(\d+)\.", lambda b, i: f"{down(b, i)}.1."),
        (r"down_blocks\.(\d+)\.downsamplers\.(\d+)\.conv\.", lambda b, _: f"{down(b, layers)}.0.op."),
        (r"up_blocks\.(\d+)\.resnets\.(\d+)\.", lambda b, i: f"{up(b, i)}.0."),
        (r"up_blocks\.(\d+)\.attentions\.(\d+)\.", lambda b, i: f"{up(b, i)}.1."),
        (r"up_blocks\.(\d+)\.upsamplers\.(\d+)\.conv\.", lambda b, _: f"{up(b, layers)}.{1 + up_attention[b]}.conv."),
    ]
    for pattern, target in rules:
        if match := re.match(pattern, name):
            rest = name[match.end() :]
            return target(int(match[1]), int(match[2])) + (_inner(rest, _RESNET) if ".resnets." in name else rest)
    for stem, target_stem in _UNET_STEMS.items():
        if name.startswith(stem + "."):
            rest = name[len(stem) + 1 :]
            return f"{target_stem}.{_inner(rest, _RESNET) if '.resnets.' in stem else rest}"
    return name


def _inner(rest: str, table: dict[str, str]) -> str:
    stem, kind = rest.rsplit(".", 1)
    return f"{table.get(stem, stem)}.{kind}"


def _vae_name(name: str) -> str:
    name = name.replace(".conv_shortcut.", ".nin_shortcut.").replace(".conv_norm_out.", ".norm_out.")
    if match := re.match(r"(\w+)\.mid_block\.attentions\.0\.", name):
        return f"{match[1]}.mid.attn_1.{_inner(name[match.end() :], _VAE_ATTENTION)}"
    name = re.sub(r"\.mid_block\.resnets\.(\d)\.", lambda m: f".mid.block_{int(m[1]) + 1}.", name)
    name = re.sub(r"\.down_blocks\.(\d)\.resnets\.", r".down.\1.block.", name)
    name = re.sub(r"\.down_blocks\.(\d)\.downsamplers\.0\.", r".down.\1.downsample.", name)
    # The decoder counts its blocks from the picture's end in the single-file layout.
    name = re.sub(r"\.up_blocks\.(\d)\.resnets\.", lambda m: f".up.{3 - int(m[1])}.block.", name)
    return re.sub(r"\.up_blocks\.(\d)\.upsamplers\.0\.", lambda m: f".up.{3 - int(m[1])}.upsample.", name)
