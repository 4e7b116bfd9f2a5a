"""Clips in, poses out: what a window holds, what it costs, what is kept, and what is refused."""

from __future__ import annotations

import copy
import gc
import logging
import weakref
from collections.abc import Container, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch
from torch import Tensor

from sdpose import Poses, topology
from sdpose.boxes import Crop, frame_tensor, warp_crops
from sdpose.errors import BadBoxes, BadImage, BadKeypoints, BadOption
from sdpose.models.diffpose import DiffPose
from sdpose.poses import FloatArray
from sdpose.video import VideoEstimator, link, steady_box, window

from .conftest import film

NOBODY = np.zeros((0, 4))
QUICK = {"steps": 1, "noises": 1}


def boxes_of(count: int) -> list[FloatArray]:
    """Two people who keep apart, found by a detector that jitters."""
    rng = np.random.default_rng(5)
    return [np.array([[3.0, 4, 24, 36], [34, 2, 57, 38]]) + rng.normal(0, 0.7, (2, 4)) for _ in range(count)]


def tracked(boxes: FloatArray, ids: Sequence[int], scores: float = 0.0) -> Poses:
    skeleton = topology.get("coco17")
    points = np.linspace(boxes[:, None, :2], boxes[:, None, 2:], 17, axis=1)[:, :, 0]
    return Poses(points, np.full((len(ids), 17), scores), skeleton, (60, 40), boxes=boxes, track_ids=np.array(ids))


class Watched:
    """The real network; counts the crops it sees, and keeps what it was given and what it found."""

    def __init__(self, model: DiffPose, memory: int = 1000) -> None:
        self.model = model
        self.memory = memory
        self.crops = 0
        self.windows: list[int] = []
        self.found: list[Tensor] = []
        self.starts: list[Tensor | None] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self.model, name)

    def features(self, crops: Tensor) -> Tensor:
        if len(crops) > self.memory:
            raise torch.OutOfMemoryError("device out of memory")
        self.crops += len(crops)
        return self.model.features(crops)

    def heatmaps(self, windows: Tensor, **options: Any) -> Tensor:
        if len(windows) > self.memory:
            raise torch.OutOfMemoryError("device out of memory")
        self.windows.append(len(windows))
        self.starts.append(options["start"])
        self.found.append(self.model.heatmaps(windows, **options))
        return self.found[-1]

    @property
    def all_found(self) -> Tensor:
        return torch.cat(self.found)


def from_scratch(
    model: DiffPose, frames: npt.NDArray[np.uint8], boxes: list[FloatArray], cuts: Container[int], delta: int
) -> Tensor:
    """Every window cut and seen anew, one by one, without anything kept from the window before."""
    ids = link(boxes, cuts)
    shots = np.cumsum([index in cuts for index in range(len(frames))])
    maps = []
    for t, people in enumerate(ids):
        for person in people:
            track = {
                i: boxes[i][list(ids[i]).index(person)]
                for i in range(len(frames))
                if shots[i] == shots[t] and person in ids[i]
            }
            crops = [
                warp_crops(frame_tensor(frames[i]), [Crop.padded(steady_box(track, i, delta), model.input_wh)])
                for i in window(track, t, delta, model.delta)
            ]
            features = model.features(torch.cat(crops) / 127.5 - 1)
            maps.append(model.heatmaps(features[None], steps=2, noises=2))
    return torch.cat(maps)


def without(boxes: list[FloatArray], gone: dict[int, list[int]]) -> list[FloatArray]:
    return [np.delete(frame, gone.get(t, []), axis=0) for t, frame in enumerate(boxes)]


@pytest.mark.parametrize("delta", [0, 1, 2])
@pytest.mark.parametrize(
    ("gone", "cuts"),
    [
        ({}, ()),
        ({}, {4, 9}),
        ({3: [0], 6: [0, 1], 7: [0, 1]}, ()),
        ({0: [1], 1: [1], **{t: [0] for t in range(4, 9)}, 11: [0, 1]}, {5}),
    ],
    ids=["whole", "cuts", "gaps", "leaving and returning"],
)
def test_features_that_are_kept_are_those_of_each_window(
    model: DiffPose, gone: dict[int, list[int]], cuts: Container[int], delta: int
) -> None:
    frames, boxes = film(12), without(boxes_of(12), gone)
    watched = Watched(model)
    VideoEstimator(watched, steps=2, noises=2, delta=delta, batch_size=5)(frames, boxes, cuts)
    torch.testing.assert_close(watched.all_found, from_scratch(model, frames, boxes, cuts, delta), atol=1e-4, rtol=0)


def test_wide_windows_cost_no_more_backbone_than_narrow_ones(model: DiffPose) -> None:
    seen = {}
    for delta in (0, 2):
        watched = Watched(model)
        VideoEstimator(watched, delta=delta, **QUICK)(film(100), boxes_of(100))
        seen[delta] = watched.crops
    assert seen == {0: 200, 2: 200}


@pytest.mark.parametrize("count", [0, 1, 2, 3, 7])
def test_frames_in_are_frames_out(model: DiffPose, count: int) -> None:
    frames, boxes = film(count), boxes_of(count)
    people = VideoEstimator(model, **QUICK)(frames, boxes)
    assert len(people) == count
    for poses, own in zip(people, boxes, strict=True):
        assert poses.track_ids is not None and poses.track_ids.tolist() == [0, 1]
        assert poses.boxes is not None and (poses.boxes == own).all(), "as they came, not as they were cut"
        assert poses.canvas_wh == (60, 40) and poses.skeleton == model.skeleton


def test_empty_frames_stay_in_their_place(model: DiffPose) -> None:
    boxes = [NOBODY, *boxes_of(1), NOBODY, NOBODY, *boxes_of(1), NOBODY]
    people = VideoEstimator(model, **QUICK)(film(6), boxes)
    assert [len(poses) for poses in people] == [0, 2, 0, 0, 2, 0]
    assert all(poses.track_ids is not None and len(poses.track_ids) == len(poses) for poses in people)
    assert people[1].track_ids is not None and people[4].track_ids is not None
    assert people[1].track_ids.tolist() == people[4].track_ids.tolist()


def test_boxes_outside_the_picture_give_no_person(model: DiffPose) -> None:
    boxes = [np.array([[-30.0, -30, -5, -5], [3, 4, 24, 36], [9, 9, 9, 20]])]
    people = VideoEstimator(model, **QUICK)(film(1), boxes)
    assert people[0].boxes is not None and people[0].boxes.tolist() == [[3, 4, 24, 36]]


def test_results_depend_on_the_seed_and_not_on_the_batch(model: DiffPose) -> None:
    def found(**options: Any) -> Tensor:
        watched = Watched(model)
        VideoEstimator(watched, steps=2, noises=2, **options)(film(6), boxes_of(6))
        return watched.all_found

    first = found(batch_size=1)
    assert torch.equal(first, found(batch_size=1))
    torch.testing.assert_close(first, found(batch_size=7), atol=1e-3, rtol=0)
    assert not torch.allclose(first, found(batch_size=1, seed=1), atol=1e-2)


def heatmaps(model: DiffPose, frames: npt.NDArray[np.uint8], cuts: Container[int] = (), delta: int = 2) -> Tensor:
    """(frames, K, h, w) of one person who stands still."""
    watched = Watched(model)
    boxes = [np.array([[10.0, 4, 40, 38]])] * len(frames)
    VideoEstimator(watched, delta=delta, batch_size=1, **QUICK)(frames, boxes, cuts)
    return watched.all_found


@pytest.mark.parametrize(
    ("delta", "cuts", "touched"), [(2, (), {3, 4, 5, 6, 7}), (1, (), {4, 5, 6}), (2, {5}, {5, 6, 7})]
)
def test_a_frame_matters_within_its_reach_and_its_shot(
    model: DiffPose, delta: int, cuts: Container[int], touched: set[int]
) -> None:
    frames = film(9)
    other = frames.copy()
    other[5] = 255 - other[5]
    one, two = heatmaps(model, frames, cuts, delta), heatmaps(model, other, cuts, delta)
    assert {t for t in range(9) if not torch.equal(one[t], two[t])} == touched


def test_cuts_may_be_found_while_frames_pass(model: DiffPose) -> None:
    frames, found = film(8), set[int]()

    def watched() -> Iterator[npt.NDArray[np.uint8]]:
        for index, frame in enumerate(frames):
            found.update({index} & {3, 6})
            yield frame

    late = VideoEstimator(model, **QUICK)(watched(), boxes_of(8), found)
    early = VideoEstimator(model, **QUICK)(frames, boxes_of(8), iter([3, 6]))
    for one, two in zip(late, early, strict=True):
        np.testing.assert_array_equal(one.points, two.points)


# --- who is who


def test_track_ids_that_come_with_boxes_are_kept(model: DiffPose) -> None:
    """Two who swap places between frames, so that overlap would take each for the other."""
    pair = boxes_of(1)[0]
    boxes = [tracked(pair if t % 2 else pair[::-1], [7, 3]) for t in range(6)]
    watched = Watched(model)
    people = VideoEstimator(watched, **QUICK)(film(6), boxes)
    assert [poses.track_ids.tolist() for poses in people if poses.track_ids is not None] == [[7, 3]] * 6
    relinked = Watched(model)
    VideoEstimator(relinked, **QUICK)(film(6), [poses.boxes for poses in boxes])
    assert not torch.allclose(watched.all_found, relinked.all_found, atol=1e-2)


def test_track_ids_have_to_be_whole(model: DiffPose) -> None:
    pair = boxes_of(1)[0]
    estimator = VideoEstimator(model, **QUICK)
    with pytest.raises(BadBoxes, match="all or none"):
        estimator(film(2), [tracked(pair, [0, 1]), pair])
    with pytest.raises(BadBoxes, match=r"must differ; frame 0 has \[4, 4\]"):
        estimator(film(1), [tracked(pair, [4, 4])])
    with pytest.raises(BadBoxes, match="frame 0 have none"):
        estimator(film(1), [tracked(pair, [0, 1]).replace(boxes=None)])
    empty = Poses.empty(topology.get("coco17"), (60, 40))
    assert len(estimator(film(2), [empty, tracked(pair, [0, 1])])) == 2, "nobody needs no ids"


# --- starting from another estimator


def test_start_is_drawn_where_the_crop_puts_it(model: DiffPose) -> None:
    boxes = np.array([[3.0, 4, 24, 36], [34, 2, 57, 38]])
    start = tracked(boxes, [0, 1], scores=0.5)
    scores = start.scores.copy()
    scores[0, 3], scores[1, 4], scores[1, 5] = 0.0, -1.0, 7.0
    start = start.replace(scores=scores)
    watched = Watched(model)
    VideoEstimator(watched, **QUICK, batch_size=2)(film(1), [boxes], start=[start])
    drawn = watched.starts[0]
    assert drawn is not None and drawn.shape == watched.all_found.shape
    height = np.clip(scores, 0, 1)
    assert (drawn.flatten(2).amax(2).numpy() <= height + 1e-6).all()
    assert not drawn[0, 3].any() and not drawn[1, 4].any()
    wide, high = model.heatmap_wh
    for person, box in enumerate(boxes):
        crop = Crop.padded(box, model.input_wh)
        at = drawn[person].flatten(1).argmax(1).numpy()
        cells = np.stack([at % wide / (wide - 1), at // wide / (high - 1)], axis=1)
        half_a_cell = np.array(crop.size) / (wide - 1, high - 1) / 2
        off = np.abs(crop.to_image(cells * model.input_wh) - start.points[person]) / half_a_cell
        assert (off[scores[person] > 0] <= 1 + 1e-6).all(), "the highest cell is the nearest"


def test_start_is_found_by_order_or_by_track_id(model: DiffPose) -> None:
    pair = boxes_of(1)[0]
    outside = np.concatenate([[[-30.0, -30, -5, -5]], pair])
    start = tracked(pair, [5, 9], scores=0.6)

    def drawn(boxes: Any, begin: Poses) -> Tensor:
        watched = Watched(model)
        VideoEstimator(watched, **QUICK, batch_size=2)(film(1), [boxes], start=[begin])
        assert watched.starts[0] is not None
        return watched.starts[0]

    expected = drawn(pair, start)
    assert torch.equal(expected, drawn(tracked(pair, [5, 9]), start[[1, 0]])), "found by track id"
    assert torch.equal(expected, drawn(outside, start)), "one for each box that gives a person"
    assert torch.equal(expected, drawn(outside, tracked(outside, [1, 5, 9], scores=0.6))), "one for each box"
    assert torch.equal(expected, drawn(pair, start.scaled((120, 80)))), "on a canvas of another size"
    assert torch.equal(expected, drawn(pair, start.to(topology.get("coco_wholebody133")))), "of other keypoints"


def test_start_that_does_not_fit_is_refused(model: DiffPose) -> None:
    pair = boxes_of(1)[0]
    estimator = VideoEstimator(model, **QUICK)
    start = tracked(pair, [5, 9])
    with pytest.raises(BadKeypoints, match="1 people in frame 1, and there are boxes for 2"):
        estimator(film(2), [pair, pair], start=[start, start[0]])
    with pytest.raises(BadKeypoints, match="track id 9 in frame 0"):
        estimator(film(1), [start], start=[start[0]])
    for count in (1, 3):
        with pytest.raises(BadKeypoints, match="one entry per frame"):
            estimator(film(2), [pair, pair], start=[start] * count)


def test_where_a_warm_start_enters_matters(model: DiffPose) -> None:
    boxes, start = boxes_of(2), [tracked(pair, [0, 1], scores=0.9) for pair in boxes_of(2)]

    def found(step: int | None, begin: list[Poses] | None) -> Tensor:
        watched = Watched(model)
        VideoEstimator(watched, **QUICK, start_step=step)(film(2), boxes, start=begin)
        return watched.all_found

    assert not torch.allclose(found(100, start), found(800, start), atol=1e-2)
    assert torch.equal(found(100, None), found(None, None)), "without one the option does nothing"


# --- flat memory, cancelling, trouble


def test_a_long_clip_holds_only_what_windows_need(model: DiffPose) -> None:
    count, alive = 1000, list[weakref.ref[Any]]()
    shape = model.features(torch.zeros(1, 3, *model.input_wh[::-1])).shape[1:]

    def frames() -> Iterator[npt.NDArray[np.uint8]]:
        rng = np.random.default_rng(0)
        for _ in range(count):
            frame = rng.integers(0, 255, (4, 6, 3), dtype=np.uint8).repeat(10, axis=0).repeat(10, axis=1)
            alive.append(weakref.ref(frame))
            yield frame

    # Nobody for a while: frames without people may not pile up behind a batch that does not fill.
    boxes = (np.array([[10.0, 4, 40, 38]]) if t < 400 or t > 900 else NOBODY for t in range(count))
    stream = VideoEstimator(model, **QUICK, batch_size=8).stream(frames(), boxes)
    for t, poses in enumerate(stream):
        assert len(poses) == (t < 400 or t > 900)
        assert len(alive) - t <= 2 * 2 + 2 * (8 + 1) + 1, "read no further ahead than look-ahead and batches need"
        assert sum(ref() is not None for ref in alive[-40:]) <= 2 + 2, "pictures go when they are cut"
        if t % 100 == 50:
            assert _held(shape) <= 4 * 8
    assert t == count - 1


def _held(shape: torch.Size) -> int:
    """Features of one crop that are alive anywhere."""
    return sum(type(thing) is Tensor and thing.shape == shape for thing in gc.get_objects())


def test_out_of_memory_halves_batches_and_loses_nothing(model: DiffPose) -> None:
    small, large = Watched(model, memory=3), Watched(model)
    VideoEstimator(small, **QUICK, batch_size=8)(film(5), boxes_of(5))
    VideoEstimator(large, **QUICK, batch_size=8)(film(5), boxes_of(5))
    assert small.windows == [2] * 5 and large.windows == [8, 2] and small.crops == large.crops == 10
    torch.testing.assert_close(small.all_found, large.all_found, atol=1e-3, rtol=0)


def test_before_batch_can_cancel(model: DiffPose) -> None:
    calls = []

    def stop_at_third() -> None:
        calls.append(None)
        if len(calls) == 3:
            raise KeyboardInterrupt

    watched = Watched(model)
    with pytest.raises(KeyboardInterrupt):
        VideoEstimator(watched, **QUICK, batch_size=2, before_batch=stop_at_third)(film(5), boxes_of(5))
    assert watched.crops + sum(watched.windows) == 4


def test_heatmaps_that_are_not_finite_are_absent_keypoints(model: DiffPose, caplog: pytest.LogCaptureFixture) -> None:
    broken = copy.deepcopy(model)
    torch.nn.init.constant_(next(broken.decoder.parameters()), torch.nan)
    with caplog.at_level(logging.WARNING, logger="sdposekit"):
        people = VideoEstimator(broken, **QUICK)(film(2), boxes_of(2))
    assert all((poses.scores == 0).all() and np.isfinite(poses.points).all() for poses in people)
    assert "overflowed" in caplog.text


@pytest.mark.parametrize("frame", [np.full((8, 8, 3), np.nan), np.zeros((8, 8), np.uint8)], ids=["NaN", "grey"])
def test_frames_that_are_not_pictures_are_refused(model: DiffPose, frame: npt.NDArray[Any]) -> None:
    with pytest.raises(BadImage, match="to_rgb8"):
        VideoEstimator(model, **QUICK)([frame], [NOBODY])


@pytest.mark.parametrize("count", [1, 3])
def test_boxes_for_another_number_of_frames_are_refused(model: DiffPose, count: int) -> None:
    with pytest.raises(BadBoxes, match="one entry per frame"):
        VideoEstimator(model, **QUICK)(film(2), [NOBODY] * count)


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"steps": 0}, "steps is at least 1; got 0"),
        ({"noises": 0}, "noises is at least 1"),
        ({"delta": 3}, "delta is from 0 to 2; got 3"),
        ({"delta": -1}, "delta is from 0 to 2"),
        ({"start_step": 1000}, "start_step is from 0 to 999"),
        ({"eta": 1.5}, "eta is from 0 to 1"),
        ({"batch_size": 0}, "batch_size is auto or at least 1"),
    ],
)
def test_options_are_checked(model: DiffPose, option: dict[str, Any], message: str) -> None:
    with pytest.raises(BadOption, match=message):
        VideoEstimator(model, **option)
