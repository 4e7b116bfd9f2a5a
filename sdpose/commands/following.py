"""Options that say who is who over time, whom to keep, and how much the poses are steadied."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..errors import BadOption
from .options import DIFFPOSE, kind_of_model

if TYPE_CHECKING:
    from ..video import Steadiness
    from ..video.selection import Rule

__all__ = ["add_following", "following"]


def add_following(parser: argparse.ArgumentParser) -> None:
    """Add tracking, selection and steadying."""
    _add_people_over_time(parser)
    _add_steadying(parser)


def _add_people_over_time(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("people over time")
    group.add_argument(
        "--track",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="give everybody an identity that lasts through crossings and absences (default: yes)",
    )
    group.add_argument(
        "--select",
        metavar="RULE",
        help="keep only some: id=0,2 or index=0 or area=2 (the 2 largest) or left-to-right=0,1 or lifetime=1 (who is "
        "there longest) or point=X,Y (pixels) or mask=PICTURE or pose=POSES.json (the most alike). All but id look at "
        "the whole video before the first frame is drawn",
    )
    group.add_argument(
        "--fill-absent",
        action="store_true",
        help="everybody is in every frame of poses.json, at the same place; absent people are zeros",
    )


def _add_steadying(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("steadying")
    group.add_argument(
        "--steady",
        nargs="?",
        choices=("smooth", "one_euro", "off"),
        const="smooth",
        default="smooth",
        help="smooth looks ahead and does not lag, one_euro only looks back, off changes nothing (default: smooth)",
    )
    group.add_argument("--no-steady", dest="steady", action="store_const", const="off", help="the same as --steady off")
    group.add_argument("--strength", type=float, metavar="S", help="from 0 to 1 (default: 0.5)")
    for part in ("body", "hands", "face", "feet"):
        group.add_argument(
            f"--strength-{part}", type=float, metavar="F", help=f"times this for the {part} (default: 1)"
        )
    group.add_argument(
        "--gate", type=float, metavar="T", help="keypoints below this score are as if unseen (default: 0.2)"
    )
    group.add_argument("--max-gap", type=int, metavar="N", help="fill gaps of up to so many frames (default: 8)")
    group.add_argument("--no-outliers", action="store_true", help="leave keypoints that jump away for a moment")
    group.add_argument("--no-swaps", action="store_true", help="leave left and right where they are exchanged")


def following(args: argparse.Namespace) -> dict[str, Any]:
    """The options of `add_following` as keyword arguments of `pose_video`.

    Raises:
        BadOption: one is outside its range, or they contradict one another.
        SDPoseError: a file that a rule names, or the model, cannot be read.
    """
    steadiness = _steadiness(args)
    if not args.track and steadiness is not None:
        raise BadOption("steadying follows each person through the frames: leave --no-track away, or add --no-steady")
    choose = None if args.select is None else _rule(args.select)
    by_id = choose is not None and choose.of_ids
    if not args.track and (by_id or args.fill_absent) and kind_of_model(args) != DIFFPOSE:
        option = "--select id" if by_id else "--fill-absent"
        raise BadOption(f"{option} needs the identities that tracking gives: leave --no-track or {option} away")
    return {
        "track": args.track,
        "steadiness": steadiness,
        "choose": choose,
        "fill_absent": args.fill_absent,
    }


def _steadiness(args: argparse.Namespace) -> Steadiness | None:
    from ..video.steady import PARTS, Steadiness

    if args.steady == "off":
        return None
    parts = {part: factor for part in PARTS if (factor := getattr(args, f"strength_{part}")) is not None}
    given = {name: value for name in ("strength", "gate", "max_gap") if (value := getattr(args, name)) is not None}
    return Steadiness(args.steady, parts=parts, outliers=not args.no_outliers, swaps=not args.no_swaps, **given)


def _rule(text: str) -> Rule:
    from ..video import selection

    made: dict[str, Callable[[str], Rule]] = {
        "id": lambda value: selection.by_track_id(_numbers(value, int)),
        "index": lambda value: selection.by_index(_numbers(value, int)),
        "area": lambda value: selection.by_area(_one(value)),
        "left-to-right": lambda value: selection.by_left_to_right(_numbers(value, int)),
        "lifetime": lambda value: selection.by_lifetime(_one(value)),
        "point": lambda value: selection.by_point(_numbers(value, float)),
        "mask": lambda value: selection.by_mask(_mask(value)),
        "pose": lambda value: selection.by_reference(_reference(value)),
    }
    name, equals, value = text.partition("=")
    if not equals or name not in made:
        raise BadOption(f"--select is one of {', '.join(made)}, each with =; got {text!r}")
    try:
        return made[name](value)
    except ValueError as error:
        raise BadOption(f"--select {text}: {error}") from error


def _numbers(text: str, kind: Callable[[str], Any]) -> list[Any]:
    return [kind(number) for number in text.split(",")]


def _one(text: str) -> int:
    return int(text or 1)


def _mask(path: str) -> Any:
    from ..media import read_image

    return read_image(path).max(axis=2)


def _reference(path: str) -> Any:
    from ..formats import load

    frames = load(path)
    people = next((poses for poses in frames if len(poses)), None)
    if people is None:
        raise BadOption(f"nobody is in {path}")
    return people[0]
