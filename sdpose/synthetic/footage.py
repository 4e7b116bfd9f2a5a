"""Drawn film: clips as a camera would take them, with what makes people hard to follow.

Things pass in front, fast motion blurs, focus wanders, frames are dropped or repeated, the camera trembles or is
changed. What is true about a frame is that of the instant it shows, the middle of the exposure.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from ..errors import BadOption
from ..poses import Poses
from ..topology import COCO17
from .chance import streams
from .clips import CLIP, pixel_streams
from .clothing import Colour
from .effects import Effects, Spell, Tick, sample_effects, ticks
from .finishes import develop, finish, out_of_focus
from .geometry import Array
from .heads import head_box
from .obstacles import Obstacle, blend, sample_obstacle
from .painters import Image
from .performers import Camera, Performer, gathered, sample_camera, sample_performers
from .pieces import Figure
from .scene import checked_size, choose_look
from .scenery import Cover
from .stage import Actor, Painted, Stage, paint, sample_stage
from .truth import keypoints, places, screened

_FILM = 1 << 21  # what films have and clips have not is drawn from streams of its own
_LIMB = 0.045  # half the thickness of limbs and clothes in body heights, for a figure of girth 1
_HIDDEN = 0.25  # the share of keypoints that makes a person occluded, or blurred by motion
_SMEARED = 0.03  # body heights: about a quarter of a grown head
_DEFOCUSED = 0.012  # body heights
# Body heights that the fastest keypoint crosses during the exposure, at most -> pictures averaged.
_EXPOSURES = ((0.02, 1), (0.1, 3), (float("inf"), 5))


@dataclass(frozen=True)
class Footage:
    """One frame of drawn film and what is true about it.

    Attributes:
        image: (H, W, 3) uint8 RGB.
        poses: COCO-17 poses with track ids of everybody with a labelled keypoint: points are exact even where hidden,
            scores are 1 where a keypoint is labelled and 0 where it is not. Boxes hold the whole person, also what is
            hidden or beyond the picture, so nothing that passes makes them jump; they may reach out of the picture.
        visibility: (N, 17) int8: 2 visible, 1 hidden (behind oneself, others or things), 0 not labelled (outside
            the picture, or a face feature turned well away).
        head_boxes: (N, 4) x1, y1, x2, y2 in pixels, tight around skull and jaw, without hair and hat.
        occluded: (N,) whether other people or things hide at least a quarter of the labelled keypoints.
        blurred: (N,) whether a quarter of the labelled keypoints cross 3 % of the person's height or more while the
            shutter is open, or defocus has a deviation of 1.2 % of the person's height or more.
        style: A name from `STYLES`.
        cut: Whether another camera takes over with this frame.
        held: Whether the drawing is that of the frame before, shown once more.
        covered: (N,) the share, 0 to 1, of the labelled keypoints that other people or things hide.
    """

    image: Image
    poses: Poses
    visibility: NDArray[np.int8]
    head_boxes: Array
    occluded: NDArray[np.bool_]
    blurred: NDArray[np.bool_]
    style: str
    cut: bool
    held: bool
    covered: Array

    @property
    def hard(self) -> NDArray[np.bool_]:
        """(N,) who is occluded or blurred."""
        return self.occluded | self.blurred


def footage(
    seed: int,
    frames: int,
    size_wh: tuple[int, int] = (512, 512),
    split: str = "train",
    style: str | None = None,
    fps: float = 24.0,
) -> Iterator[Footage]:
    """Draws a film of one to three people, those of the `clip` of the same seed.

    Args:
        seed: A whole number >= 0.
        frames: How many; the first frames of a longer film are the same.
        size_wh: Width and height in pixels, 8 to 8192 each.
        split: "train" or "test", which never share a random stream.
        style: A name from `STYLES`; None picks one.
        fps: Frames a second.

    Yields:
        Frames; a person who is wholly outside the picture is missing from them and keeps the same id afterwards.

    Raises:
        BadOption: On an unknown split or style, a negative seed or count, or a size that cannot be drawn.
    """
    size_wh = checked_size(size_wh)
    effects = sample_effects(streams(seed, split, 8, attempt=_FILM), size_wh[1])
    return filmed(seed, frames, size_wh, split, style, fps, effects)


def filmed(
    seed: int, frames: int, size_wh: tuple[int, int], split: str, style: str | None, fps: float, effects: Effects
) -> Iterator[Footage]:
    """As `footage`, with chosen effects."""
    if frames < 0 or fps <= 0:
        raise BadOption(f"expected frames >= 0 and fps > 0, got {frames} and {fps}; choose other numbers")
    rng, scenery = streams(seed, split, 2, attempt=CLIP)
    look = choose_look(scenery, style)
    stage = sample_stage(scenery, look, size_wh)
    people = sample_performers(rng)
    shot = Shot(stage, sample_camera(rng, size_wh, people))
    return played(Film(seed, split, people, effects, fps), shot, ticks(effects, frames, fps))


@dataclass(frozen=True)
class Film:
    """What all frames of a film have in common.

    Attributes:
        seed: Of the streams that pixels are drawn from.
        split: "train" or "test".
        people: Everybody, by identity.
        effects: What it does.
        fps: Frames a second.
        obstacle: Draws the thing of a spell, with the arguments of `sample_obstacle`.
    """

    seed: int
    split: str
    people: Sequence[Performer]
    effects: Effects
    fps: float
    obstacle: Callable[[Spell, tuple[int, int], float, Colour | None, Sequence[Array]], Obstacle] = sample_obstacle


@dataclass(frozen=True)
class Shot:
    """What all frames between two cuts have in common; the obstacles are those met so far."""

    stage: Stage
    eye: Camera
    obstacles: dict[Spell, Obstacle] = field(default_factory=dict)


def played(film: Film, shot: Shot, times: Iterable[Tick]) -> Iterator[Footage]:
    """The frames of a film that begins with a shot, one after the other."""
    last = None
    for tick in times:
        if tick.cut:
            shot = _other_shot(film, shot, tick.frame)
        held = last is not None and tick.held
        if last is None or not held:
            last = _frame(film, shot, tick)
        yield replace(last, cut=tick.cut, held=held)


def _other_shot(film: Film, shot: Shot, frame: int) -> Shot:
    """Another camera, from another side, on the same people, in the same hand."""
    rng, scenery = streams(film.seed, film.split, 2, attempt=_FILM + 1 + frame)
    stage, old = shot.stage, shot.eye
    size_wh = (stage.backdrop.shape[1], stage.backdrop.shape[0])
    fresh = sample_stage(scenery, stage.look, size_wh)
    eye = sample_camera(rng, size_wh, film.people)
    yaw = old.yaw + float(rng.uniform(30, 150)) * (1.0 if rng.random() < 0.5 else -1.0)
    return Shot(replace(stage, backdrop=fresh.backdrop, covers=fresh.covers), replace(eye, yaw=yaw))


@dataclass(frozen=True)
class Moment:
    """An instant: who is where.

    Attributes:
        frame: In frames, with fractions.
        actors: The farthest first.
        order: Which of the film's people each actor is.
        points: (17, 2) keypoints in pixels of each of the film's people.
        shift: How far the camera's tremble pushes the picture aside, pixels.
    """

    frame: float
    actors: list[Actor]
    order: list[int]
    points: list[Array]
    shift: tuple[float, float]


def _moment(film: Film, shot: Shot, tick: Tick, share: float) -> Moment:
    """The instant at a share of the exposure, -0.5 to 0.5; the frame shows the instant at 0."""
    late = share * film.effects.shutter
    shake = film.effects.shake
    shift = shake.offset(tick.frame + late) if shake else (0.0, 0.0)
    x, y = shot.eye.lens.offset
    eye = replace(shot.eye, lens=replace(shot.eye.lens, offset=(x + shift[0], y + shift[1])))
    actors, order = gathered(film.people, eye, tick.seconds + late * tick.rate / film.fps)
    points = [places(Figure.seen(actor.plan, actor.outfit, actor.body, actor.lens))[0] for actor in actors]
    return Moment(tick.frame + late, actors, order, [points[order.index(who)] for who in range(len(order))], shift)


def _frame(film: Film, shot: Shot, tick: Tick) -> Footage:
    """One frame."""
    stage, middle = shot.stage, _moment(film, shot, tick, 0.0)
    smears = _smears(film, shot, tick)
    scales = np.array([middle.actors[middle.order.index(who)].lens.scale for who in range(len(film.people))])
    fastest = float((smears.max(axis=1) / scales).max())
    count = next(count for reach, count in _EXPOSURES if fastest <= reach)
    moments = [_moment(film, shot, tick, (k + 0.5) / count - 0.5) if 2 * k + 1 != count else middle
               for k in range(count)]  # fmt: skip
    _meet(film, shot, tick, middle)
    painted = [_paint(film, shot, tick, moment) for moment in moments]
    shown = painted[count // 2]
    image = _averaged([each.image for each in painted], float(np.percentile(smears, 75)))
    for obstacle in shot.obstacles.values():
        if obstacle.softness > 0.0:
            blend(image, shown.parts, obstacle.at(tick.frame, middle.points), obstacle.softness)
    # The paper's grain stays where it is while people move: texture of the whole film.
    texture = streams(film.seed, film.split, 9, attempt=_FILM)[8]
    noise = pixel_streams(film.seed, film.split, tick.frame)[1]
    spell = film.effects.defocus.at(tick.frame) if film.effects.defocus else None
    spread = spell.strength * spell.level(tick.frame) if spell else 0.0
    image = finish(image, stage.look.finish, texture, shown.scale)
    image = develop(_defocused(image, spread * shown.scale, film.effects.disc), stage.development, noise)
    return _labelled(image, shown, middle.order, smears[middle.order], spread, stage.look.name)


def _smears(film: Film, shot: Shot, tick: Tick) -> Array:
    """How far each keypoint of each of the film's people moves in the picture during the exposure: (P, 17) pixels."""
    if film.effects.shutter == 0.0:
        return np.zeros((len(film.people), len(COCO17)))
    opened, closed = (np.stack(_moment(film, shot, tick, share).points) for share in (-0.5, 0.5))
    return np.asarray(np.linalg.norm(closed - opened, axis=2))


def _meet(film: Film, shot: Shot, tick: Tick, now: Moment) -> None:
    """Adds the obstacles whose spells have begun to those of the shot, and takes away those whose spells are over."""
    stage = shot.stage
    size_wh = (stage.backdrop.shape[1], stage.backdrop.shape[0])
    paper = stage.manner.paper if stage.look.fill == "paper" else None
    spells = [spell for source in film.effects.obstacles if (spell := source.at(tick.frame)) is not None]
    for gone in [spell for spell in shot.obstacles if spell not in spells]:
        del shot.obstacles[gone]
    for spell in spells:
        if spell not in shot.obstacles:
            shot.obstacles[spell] = film.obstacle(spell, size_wh, shot.eye.lens.scale, paper, now.points)


def _paint(film: Film, shot: Shot, tick: Tick, moment: Moment) -> Painted:
    """The picture at one instant, as the shutter would see it if it were open no longer."""
    stage = _shifted(shot.stage, moment.shift)
    sharp = [obstacle for obstacle in shot.obstacles.values() if obstacle.softness == 0.0]
    things = tuple(cover for obstacle in sharp for cover in obstacle.at(moment.frame, moment.points))
    texture = pixel_streams(film.seed, film.split, tick.frame)[0]
    return paint(replace(stage, covers=stage.covers + things), moment.actors, texture)


def _averaged(pictures: list[Image], reach: float) -> Image:
    """The mean of the pictures of one exposure; `reach` is how many pixels things move from the first to the last.

    A few pictures stand for a continuum: a small blur where they differ fills in what lies between them.
    """
    if len(pictures) == 1:
        return pictures[0]
    total = np.zeros(pictures[0].shape, np.float32)
    for picture in pictures:
        cv2.accumulate(picture, total)
    mean = cv2.convertScaleAbs(total, alpha=1.0 / len(pictures))
    highest, lowest = functools.reduce(np.maximum, pictures), functools.reduce(np.minimum, pictures)
    differs = cv2.cvtColor(highest - lowest, cv2.COLOR_RGB2GRAY) > 4
    moved = out_of_focus(differs.astype(np.uint8) * 255, 1.5)
    cv2.copyTo(out_of_focus(np.asarray(mean, np.uint8), 0.4 * reach / len(pictures)), moved, mean)
    return np.asarray(mean, np.uint8)


def _shifted(stage: Stage, shift: tuple[float, float]) -> Stage:
    """The stage pushed aside by some pixels."""
    if shift == (0.0, 0.0):
        return stage
    move = np.array(((1.0, 0.0, shift[0]), (0.0, 1.0, shift[1])))
    size_wh = (stage.backdrop.shape[1], stage.backdrop.shape[0])
    covers = tuple(Cover(cover.points + shift, cover.colour) for cover in stage.covers)
    backdrop = cv2.warpAffine(stage.backdrop, move, size_wh, borderMode=cv2.BORDER_REPLICATE)
    return replace(stage, backdrop=np.asarray(backdrop, np.uint8), covers=covers)


def _defocused(image: Image, deviation: float, disc: bool) -> Image:
    """The picture out of focus; a point of light becomes a disc or a bell of the same deviation in pixels."""
    if deviation < 0.5:
        return image
    if not disc:
        return out_of_focus(image, deviation)
    radius = 2.0 * deviation
    reach = np.arange(-np.ceil(radius), np.ceil(radius) + 1)
    kernel = np.clip(radius + 0.5 - np.hypot(reach[:, None], reach[None]), 0.0, 1.0)
    return np.asarray(cv2.filter2D(image, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REPLICATE))


@dataclass(frozen=True)
class _Person:
    """One row of a frame's truth."""

    who: int
    points: Array
    visibility: NDArray[np.int8]
    box: Array
    head_box: Array
    covered: float
    blurred: bool


def _labelled(image: Image, shown: Painted, order: Sequence[int], smears: Array, spread: float, style: str) -> Footage:
    """A finished picture with its truth; `smears` are in the order of the figures, `spread` is defocus."""
    everybody = (_person(shown, index, who, smears[index], spread) for index, who in enumerate(order))
    people = [person for person in everybody if (person.visibility > 0).any()]
    n, k = len(people), len(COCO17)
    visibility = np.array([person.visibility for person in people], np.int8).reshape(n, k)
    poses = Poses(
        np.array([person.points for person in people], np.float64).reshape(n, k, 2),
        (visibility > 0).astype(np.float64),
        COCO17,
        (image.shape[1], image.shape[0]),
        boxes=np.array([person.box for person in people], np.float64).reshape(n, 4),
        track_ids=np.array([person.who for person in people], np.int64),
    )
    return Footage(
        image,
        poses,
        visibility,
        head_boxes=np.array([person.head_box for person in people], np.float64).reshape(n, 4),
        occluded=np.array([person.covered >= _HIDDEN for person in people], np.bool_),
        blurred=np.array([person.blurred for person in people], np.bool_),
        style=style,
        cut=False,
        held=False,
        covered=np.array([person.covered for person in people], np.float64),
    )


def _person(shown: Painted, index: int, who: int, smears: Array, spread: float) -> _Person:
    """What is true about one figure."""
    figure = shown.figures[index]
    points, visibility = keypoints(figure, shown.parts, index)
    labelled = visibility > 0
    hidden = screened(shown.parts, points, visibility, index)
    smeared = (smears >= _SMEARED * figure.lens.scale) & labelled
    count = int(labelled.sum())
    return _Person(
        who,
        points,
        visibility,
        _whole(figure),
        head_box(figure),
        covered=int(hidden.sum()) / max(count, 1),
        blurred=bool(smeared.sum() >= _HIDDEN * count or spread >= _DEFOCUSED),
    )


def _whole(figure: Figure) -> Array:
    """Box x1, y1, x2, y2 in pixels around the whole body, whether it can be seen or not."""
    joints = np.stack(list(figure.at.values()))
    margin = _LIMB * figure.plan.girth * figure.lens.scale
    # The nose of a profile and the ears stand out of the skull.
    face = np.concatenate((places(figure)[0], head_box(figure).reshape(2, 2)))
    low = np.minimum(joints.min(axis=0) - margin, face.min(axis=0))
    high = np.maximum(joints.max(axis=0) + margin, face.max(axis=0))
    return np.concatenate((low, high))
