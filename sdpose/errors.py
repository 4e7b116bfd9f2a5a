"""Every error the library raises on purpose, in one small tree.

SDPoseError
|-- ModelNotFound        no weights under that name or path
|   `-- OfflineError     they could be downloaded, but the network did not answer
|-- BadCheckpoint        a weights file that is not SDPose, is damaged, or does not fit
|-- BadKeypoints         poses of the wrong shape, or pose files that do not parse
|   `-- Undecided        poses that leave something open, which an option decides
|-- BadBoxes             boxes of the wrong shape, or box files that do not parse
|-- BadImage             a picture that cannot be read or used
|-- BadVideo             a video that cannot be read
|-- BadOption            an option outside what it may be
|-- MissingDependency    an optional package is needed for what was asked
`-- OutputError          the result could not be written

Each message says what was expected, what came, and what to do.
"""

from __future__ import annotations

from typing import Literal

__all__ = [
    "BadBoxes",
    "BadCheckpoint",
    "BadImage",
    "BadKeypoints",
    "BadOption",
    "BadVideo",
    "MissingDependency",
    "ModelNotFound",
    "OfflineError",
    "OutputError",
    "SDPoseError",
    "Undecided",
]


class SDPoseError(Exception):
    """Root of every error raised on purpose; its text is fit to be shown to a user."""


class ModelNotFound(SDPoseError):
    """No weights are found under the given name or path."""


class OfflineError(ModelNotFound):
    """Weights have to be downloaded and the network does not answer."""


class BadCheckpoint(SDPoseError):
    """A weights file is not SDPose, is damaged, or has missing or wrong-shaped tensors."""


class BadKeypoints(SDPoseError):
    """Keypoints have the wrong shape, or a pose file does not parse."""


class Undecided(BadKeypoints):
    """Poses leave something open, and an option of `sdpose.formats.read` decides it.

    Nodes and commands have names of their own for the option, and say these.

    Attributes:
        problem: what is open.
        option: `canvas_wh` or `dialect`.
    """

    def __init__(self, problem: str, option: Literal["canvas_wh", "dialect"]) -> None:
        super().__init__(problem, option)
        self.problem, self.option = problem, option

    def __str__(self) -> str:
        ask = "give canvas_wh, its width and height" if self.option == "canvas_wh" else "choose the dialect"
        return f"{self.problem}: {ask}"


class BadBoxes(SDPoseError):
    """Boxes have the wrong shape or hold values that are not finite."""


class BadImage(SDPoseError):
    """A picture cannot be read, or an array is not a picture."""


class BadVideo(SDPoseError):
    """A video cannot be read."""


class BadOption(SDPoseError, ValueError):
    """An option is outside the values it may take."""


class MissingDependency(SDPoseError, ImportError):
    """An optional package is needed for what was asked."""


class OutputError(SDPoseError):
    """A result could not be written; nothing half-written is left behind."""
