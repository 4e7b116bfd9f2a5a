"""The door of the `sdpose` command: picks the subcommand, and turns errors into exit codes.

Exit codes: 0 everything was written; 1 something was not, with one sentence on stderr; 2 the command line is wrong;
130 stopped with Ctrl-C.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module

from . import __version__
from .commands import console
from .errors import SDPoseError, Undecided

__all__ = ["main"]

# Name and one line of help. A command's module is imported only when it is the one asked for, so that help and
# mistakes are answered at once.
_COMMANDS = {
    "demo": "draw some people and find their poses: shows that everything works, needs no network",
    "estimate": "find poses in pictures, folders and videos",
    "video": "turn a video into steady skeletons of people who keep their identity, however long it is",
    "render": "draw poses from files as skeleton pictures or a video",
    "convert-poses": "turn the poses of any tool into those of any other",
    "models": "list the models: what is here, where, and what can be downloaded",
    "convert": "turn a model folder into a single file, or back",
    "evaluate": "measure a model",
    "train": "train a model",
}

_DECIDED = {
    "canvas_wh": "give its width and height with --canvas WxH",
    "dialect": "choose the dialect with --from",
}
"""What poses may leave open -> what to do about it."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: the words after `sdpose`; default those the process was started with.

    Returns:
        The exit code. A wrong command line raises SystemExit with code 2, as argparse does.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    args = _parser(words).parse_args(words)
    try:
        return int(args.run(args))
    except Undecided as error:
        console.warn(f"sdpose {args.command}: {error.problem}: {_DECIDED[error.option]}")
        return 1
    except SDPoseError as error:
        console.warn(f"sdpose {args.command}: {error}")
        return 1
    except KeyboardInterrupt:
        console.warn(f"sdpose {args.command}: stopped. What was finished is kept; run the same command to go on.")
        return 130


def _parser(words: Sequence[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="sdpose",
        description="Keypoints and ControlNet-ready skeletons from pictures and video.",
        epilog="sdpose COMMAND --help explains a command.",
    )
    parser.add_argument("--version", action="version", version=f"sdpose-kit {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    asked = next((word for word in words if not word.startswith("-")), None)
    for name, text in _COMMANDS.items():
        command = commands.add_parser(name, help=text, formatter_class=argparse.RawDescriptionHelpFormatter)
        if name == asked:
            module = import_module(f".commands.{name.replace('-', '_')}", __package__)
            command.description = module.__doc__
            module.add_arguments(command)
            command.set_defaults(run=module.run)
    return parser
