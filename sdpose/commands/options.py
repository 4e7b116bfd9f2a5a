"""Options that several commands share: which model, and what skeletons look like."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from ..errors import BadOption

if TYPE_CHECKING:
    from ..models import SDPose

__all__ = ["add_drawing", "add_model", "drawing", "load", "size_wh"]


def size_wh(text: str) -> tuple[int, int]:
    """Read a size: "512x768" is (512, 768)."""
    width, cross, height = text.lower().partition("x")
    if cross and width.isdecimal() and height.isdecimal() and int(width) and int(height):
        return int(width), int(height)
    raise argparse.ArgumentTypeError(f"a size is written as WIDTHxHEIGHT, such as 512x768; got {text!r}")


def add_model(parser: argparse.ArgumentParser, default: str | None = None) -> None:
    """Add --model and how to run it."""
    group = parser.add_argument_group("model")
    text = "mini (bundled), body or wholebody (published weights), a model folder, or a .safetensors file"
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
    """The model that the options name.

    Raises:
        BadOption: torch has no such device.
        SDPoseError: see `sdpose.load_model`.
    """
    import torch

    from ..models import load_model

    if args.device != "auto":
        try:
            torch.empty(0, device=args.device)
        except (RuntimeError, AssertionError) as error:  # AssertionError is how a torch without CUDA says it
            reason = str(error).splitlines()[0]
            raise BadOption(f"--device {args.device} cannot be used here ({reason}); try auto or cpu") from error
    return load_model(args.model, args.scheme, args.device, args.dtype, args.context)


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
