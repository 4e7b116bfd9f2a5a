"""What `sdpose estimate` is given: pictures and videos, each with a name of its own for its results."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import BadImage, BadOption
from ..media import Frame, Video, is_image, is_video, list_media, read_image

__all__ = ["Item", "Shot", "gather"]


@dataclass(frozen=True)
class Item:
    """One picture or video.

    Attributes:
        path: where it is.
        name: the start of its results' names; no other item has it.
        moving: whether it is a video.
    """

    path: Path
    name: str
    moving: bool

    def frames(self) -> Iterator[Frame]:
        """Its frames, uint8 (H, W, 3) RGB; a picture has one.

        Raises:
            BadImage, BadVideo: it cannot be read.
        """
        return iter(Video(self.path)) if self.moving else iter([read_image(self.path)])


@dataclass
class Shot:
    """One frame on its way through.

    Attributes:
        item: what it is a frame of.
        index: which one, from 0.
        image: uint8 (H, W, 3) RGB.
    """

    item: Item
    index: int
    image: Frame


def gather(inputs: Sequence[str], out: Path) -> list[Item]:
    """The items that the words of a command line stand for: in their order, a folder's content in natural order.

    Args:
        inputs: files and folders.
        out: where results go; as an input it would feed a second run with the results of the first.

    Raises:
        BadImage: a name that does not exist, or is neither picture, video nor folder, or a folder without any.
        BadOption: `out` is one of the inputs.
    """
    paths: list[Path] = []
    for path in map(Path, inputs):
        if path.is_dir():
            if path.resolve() == out.resolve():
                raise BadOption(f"results would land among the inputs in {path}: choose another folder for --out")
            paths += list_media(path)
        elif not path.exists():
            raise BadImage(f"there is no file or folder {path}: check the name")
        elif is_image(path) or is_video(path):
            paths.append(path)
        else:
            raise BadImage(f"{path} is neither a picture nor a video by its name")
    return [Item(path, name, is_video(path)) for path, name in zip(paths, _names(paths), strict=True)]


def _names(paths: Iterable[Path]) -> Iterator[str]:
    """The files' names without suffix; one that was there before gets a number. Case does not tell names apart."""
    taken: set[str] = set()
    for path in paths:
        name, count = path.stem, 1
        while name.casefold() in taken:
            count += 1
            name = f"{path.stem}_{count}"
        taken.add(name.casefold())
        yield name
