"""Options that several commands share: which model, and what skeletons look like."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import BadOption

if TYPE_CHECKING:
    from ..models import SDPose
    from ..models.diffpose import DiffPose

__all__ = [
    "DIFFPOSE",
    "add_dialect",
    "add_drawing",
    "add_model",
    "add_poses",
    "add_video",
    "drawing",
    "kind_of_model",
    "load",
    "load_start",
    "load_video",
    "size_wh",
    "video_options",
]

DIFFPOSE = "diffpose"
"""What `kind_of_model` calls models that estimate over time."""

_DIGITS = 9
"""No side of a picture is written with more."""

_OF_VIDEO = ("steps", "noises", "delta", "seed", "start_step")
_OF_PICTURES = {"scheme": None, "context": None, "crop": "padded", "flip_test": False}


def size_wh(text: str) -> tuple[int, int]:
    """Read a size: "512x768" is (512, 768)."""
    width, cross, height = text.lower().partition("x")
    if cross and all(side.isdecimal() and len(side) <= _DIGITS and int(side) for side in (width, height)):
        return int(width), int(height)
    raise argparse.ArgumentTypeError(f"a size is written as WIDTHxHEIGHT, such as 512x768; got {text!r:.60}")


def add_poses(parser: argparse.ArgumentParser) -> None:
    """Add where poses are read from: a file or a folder, as `poses`, and `dialect`."""
    parser.add_argument(
        "poses", type=Path, metavar="POSES", help="a JSON file, or a folder with a JSON file for each frame"
    )
    add_dialect(parser)


def add_dialect(parser: argparse.ArgumentParser) -> None:
    """Add who wrote the poses that are read, as `dialect`."""
    from ..formats import DIALECTS

    parser.add_argument(
        "--from",
        dest="dialect",
        choices=("auto", *DIALECTS),
        default="auto",
        metavar="DIALECT",
        help=f"who wrote them: {', '.join(DIALECTS)} (default: auto, which tells by the structure)",
    )


def add_model(parser: argparse.ArgumentParser, default: str | None = None, bundled: str = "mini") -> None:
    """Add --model and how to run it; `bundled` says which bundled models will do."""
    group = parser.add_argument_group("model")
    text = f"{bundled} (bundled), body or wholebody (published weights), a model folder, or a .safetensors file"
    if default:
        text += f" (default: {default})"
    group.add_argument("--model", metavar="M", required=default is None, default=default, help=text)
    group.add_argument("--scheme", choices=("body", "wholebody"), help="insist on 17 or on 133 keypoints")
    group.add_argument("--context", metavar="FILE", help="the empty prompt's embedding, if it lies elsewhere")
    group.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1, mps, ... (default: auto)")
    group.add_argument(
        "--dtype",
        choices=("auto", "float32", "float16", "bfloat16"),
        default="auto",
        help="auto is float16 on an accelerator and float32 on the CPU",
    )


def load(args: argparse.Namespace) -> SDPose:
    """The SDPose model that the options name.

    Raises:
        BadOption: torch has no such device.
        SDPoseError: see `sdpose.load_model`.
    """
    from .. import models

    return models.load_model(args.model, args.scheme, _device(args), args.dtype, args.context)


def _device(args: argparse.Namespace) -> str:
    import torch

    if args.device != "auto":
        try:
            torch.empty(0, device=args.device)
        except (RuntimeError, AssertionError) as error:  # AssertionError is how a torch without CUDA says it
            reason = str(error).splitlines()[0]
            raise BadOption(f"--device {args.device} cannot be used here ({reason}); try auto or cpu") from error
    return str(args.device)


def add_video(parser: argparse.ArgumentParser) -> None:
    """Add how a DiffPose model estimates."""
    group = parser.add_argument_group("estimation over time", "only for DiffPose models")
    group.add_argument("--steps", type=int, metavar="N", help="denoising steps (default: 4)")
    group.add_argument("--noises", type=int, metavar="N", help="results from different noise to average (default: 10)")
    group.add_argument("--delta", type=int, metavar="N", help="frames to look at on either side (default: all it can)")
    group.add_argument("--seed", type=int, metavar="S", help="of the noise (default: 0)")
    group.add_argument("--start-model", metavar="M", help="start from the poses that this SDPose model finds")
    group.add_argument("--start-step", type=int, metavar="T", help="how much of them is noise: 0 none, 999 all")


def video_options(args: argparse.Namespace) -> dict[str, Any]:
    """Those options of `add_video` that were given, as keyword arguments of `sdpose.VideoEstimator`."""
    return {name: value for name in _OF_VIDEO if (value := getattr(args, name)) is not None}


def kind_of_model(args: argparse.Namespace) -> str:
    """Whether --model is "sdpose" or "diffpose".

    Raises:
        BadOption: an option that this kind does not have, or options that contradict one another.
        ModelNotFound: there is no such model.
    """
    kind = _kind(args.model)
    if kind == DIFFPOSE:
        wrong = [name for name, default in _OF_PICTURES.items() if getattr(args, name, default) != default]
    else:
        wrong = [name for name in (*_OF_VIDEO, "start_model") if getattr(args, name) is not None]
    if wrong:
        options = ", ".join(f"--{name.replace('_', '-')}" for name in wrong)
        other, this = ("SDPose", "DiffPose") if kind == DIFFPOSE else ("DiffPose", "SDPose")
        raise BadOption(f"{options} is for {other} models, and {args.model} is a {this} model: leave it away")
    if args.start_step is not None and args.start_model is None:
        raise BadOption("--start-step says where --start-model enters: give both, or neither")
    if args.start_model is not None and _kind(args.start_model) == DIFFPOSE:
        raise BadOption(f"--start-model is an SDPose model, such as mini; {args.start_model} is DiffPose")
    return kind


def _kind(model: str) -> str:
    from ..models import is_diffpose
    from ..models.weights import locate, published

    # What can be downloaded is SDPose, and is not fetched merely to say so.
    return DIFFPOSE if model not in published() and is_diffpose(locate(model)) else "sdpose"


def load_video(args: argparse.Namespace) -> DiffPose:
    """The DiffPose model that the options name.

    Raises:
        BadOption: torch has no such device.
        SDPoseError: see `sdpose.load_diffpose`.
    """
    from .. import models

    return models.load_diffpose(args.model, _device(args), args.dtype)


def load_start(args: argparse.Namespace) -> SDPose:
    """The model of --start-model. Raises as `load` does."""
    from .. import models

    return models.load_model(args.start_model, device=_device(args), dtype=args.dtype)


def add_drawing(parser: argparse.ArgumentParser) -> None:
    """Add what skeletons look like."""
    group = parser.add_argument_group("drawing")
    group.add_argument("--style", default="dwpose", help="dwpose, openpose or xinsr (default: dwpose)")
    group.add_argument(
        "--canvas", type=size_wh, metavar="WxH", help="size of skeleton pictures; points are re-projected"
    )
    group.add_argument(
        "--threshold",
        type=float,
        default=0.3,
        metavar="T",
        help="draw keypoints from this score on; the JSON keeps all of them (default: 0.3)",
    )
    group.add_argument("--feet", choices=("off", "dots", "bones"), help="how to draw feet (default: the style's way)")
    for part in ("body", "hands", "face"):
        group.add_argument(f"--no-{part}", action="store_true", help=f"leave the {part} out")


def drawing(args: argparse.Namespace) -> dict[str, Any]:
    """The options of `add_drawing`, but the canvas, as keyword arguments of `sdpose.draw`.

    Raises:
        BadOption: there is no such style.
    """
    from ..render import STYLES

    if args.style not in STYLES:
        raise BadOption(f"--style is one of {', '.join(STYLES)}; got {args.style}")
    return {
        "style": args.style,
        "threshold": args.threshold,
        "feet": args.feet,
        "body": not args.no_body,
        "hands": not args.no_hands,
        "face": not args.no_face,
    }
