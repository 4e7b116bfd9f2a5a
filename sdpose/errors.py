"""Every error the library raises on purpose, in one small tree.

SDPoseError
|-- ModelNotFound        no weights under that name or path
|   `-- OfflineError     they could be downloaded, but the network did not answer
|-- BadCheckpoint        a weights file that is not SDPose, is damaged, or does not fit
|-- BadKeypoints         poses of the wrong shape, or pose files that do not parse
|-- BadBoxes             boxes of the wrong shape, or box files that do not parse
|-- BadImage             a picture that cannot be read or used
|-- BadVideo             a video that cannot be read
|-- BadOption            an option outside what it may be
|-- MissingDependency    an optional package is needed for what was asked
`-- OutputError          the result could not be written

Each message says what was expected, what came, and what to do.
"""

from __future__ import annotations

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
