"""A video through all stages at once: what comes out."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
import pytest

from sdpose import Estimator, overlay
from sdpose.errors import BadOption
from sdpose.formats.openpose import to_frames
from sdpose.media import Video, VideoWriter
from sdpose.models.diffpose import DiffPose
from sdpose.video import Shots, VideoEstimator, people_of_boxes, select, track
from sdpose.video.pipeline import Filmed, Seen, pose_video
from sdpose.video.selection import by_area, by_track_id

from .conftest import (
    BOXES,
    COUNT,
    FOLLOWED,
    SIZE_WH,
    STEADY,
    Bright,
    film,
    picture,
    raw,
    read,
    steps,
    written,
)

# --- what comes out


def test_it_is_what_the_steps_give_one_after_the_other(
    clip: Path, tmp_path: Path, filmed: Callable[..., Filmed]
) -> None:
    result = filmed(clip, **FOLLOWED)
    expected = steps(clip)
    assert result.poses == to_frames(expected) == read(tmp_path), "to the last bit"
    assert (result.frames, result.people) == (COUNT, 2)
    pairs = zip(Video(tmp_path / "out" / "o.mp4"), Video(clip), expected, strict=True)
    for written_frame, image, poses in pairs:
        assert np.abs(written_frame.astype(int) - overlay(image, poses, threshold=0.1)).mean() < 6
    assert max(frame.max() for frame in Video(tmp_path / "out" / "s.mp4")) > 100, "something is drawn"


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        *[("a.mp4", "libx264"), ("a.mov", "mpeg4"), ("a.mkv", "libx264"), ("a.webm", "libvpx")],
        *[("a.avi", "mpeg4"), ("a.gif", "gif"), ("a.ts", "libx264")],
    ],
)
def test_as_many_frames_come_out_at_their_own_times(
    tmp_path: Path, filmed: Callable[..., Filmed], name: str, codec: str
) -> None:
    path = film(tmp_path / name, 23, codec)
    assert filmed(path).frames == len(read(tmp_path)) == 23
    times = [frame.time for frame in Video(path).timed()]
    for kind in ("s", "o"):
        assert [frame.time for frame in Video(tmp_path / "out" / f"{kind}.mp4").timed()] == times


def test_sound_goes_into_both_videos(clip: Path, tmp_path: Path, filmed: Callable[..., Filmed]) -> None:
    filmed(clip)
    for name in ("s.mp4", "o.mp4"):
        with av.open(str(tmp_path / "out" / name)) as container:
            assert float(container.streams.audio[0].duration * container.streams.audio[0].time_base) > 1.2


@pytest.mark.parametrize("count", [1, 2])
def test_a_frame_or_two(tmp_path: Path, filmed: Callable[..., Filmed], count: int) -> None:
    assert filmed(film(tmp_path / "a.mp4", count), **FOLLOWED).frames == count
    assert Video(tmp_path / "out" / "o.mp4").frames == len(read(tmp_path)) == count


def test_nobody_and_a_person_in_one_frame_only(clip: Path, tmp_path: Path, filmed: Callable[..., Filmed]) -> None:
    nobody = filmed(clip, find=lambda frames: [np.zeros((0, 4))] * len(frames), **FOLLOWED)
    assert nobody.people == 0 and len(nobody.poses) == COUNT
    assert not any(frame["people"] for frame in read(tmp_path))
    assert max(frame.max() for frame in Video(tmp_path / "out" / "s.mp4")) < 20

    once = filmed(
        clip, find=lambda frames: [BOXES[:1] if frame.index == 7 else BOXES[:0] for frame in frames], **FOLLOWED
    )
    assert once.people == 1
    assert [t for t, frame in enumerate(once.poses) if frame["people"]] == [7]


def test_frames_of_changing_size(tmp_path: Path, filmed: Callable[..., Filmed]) -> None:
    paths = []
    for name, size_wh in (("a.ts", SIZE_WH), ("b.ts", (128, 80))):
        with VideoWriter(tmp_path / f"{name}.mp4", 24) as writer:
            for i in range(6):
                writer.write(picture(i, size_wh))
        with av.open(str(tmp_path / f"{name}.mp4")) as source, av.open(str(tmp_path / name), "w") as target:
            stream = target.add_stream_from_template(source.streams.video[0])
            for packet in source.demux(video=0):
                if packet.dts is not None:
                    packet.stream = stream
                    target.mux(packet)
        paths.append(tmp_path / name)
    (tmp_path / "both.ts").write_bytes(b"".join(path.read_bytes() for path in paths))
    result = filmed(tmp_path / "both.ts", **FOLLOWED)
    sizes = [(frame["canvas_width"], frame["canvas_height"]) for frame in read(tmp_path)]
    assert sizes == [SIZE_WH] * 6 + [(128, 80)] * 6 and result.frames == 12
    assert [image.shape[:2] for image in Video(tmp_path / "out" / "o.mp4")] == [(64, 96)] * 12


def test_without_a_finder_each_frame_is_one_person(clip: Path, filmed: Callable[..., Filmed]) -> None:
    result = filmed(clip, find=None)
    assert [frame["people"][0]["bbox"] for frame in result.poses] == [[0, 0, *SIZE_WH]] * COUNT


def test_without_tracking_poses_come_as_they_are_found(clip: Path, filmed: Callable[..., Filmed]) -> None:
    result = filmed(clip)
    assert result.poses == to_frames(raw(clip)) and result.people == 2


def test_content_in_memory_and_a_part_of_it(clip: Path, tmp_path: Path, filmed: Callable[..., Filmed]) -> None:
    video = Video(io.BytesIO(clip.read_bytes()), start=0.5, duration=0.5)
    result = pose_video(video, Estimator(Bright()), track=False, keep=True, overlay=tmp_path / "o.mp4")
    whole = filmed(clip, find=None)
    assert [frame["people"][0]["pose_keypoints_2d"] for frame in result.poses] == [
        frame["people"][0]["pose_keypoints_2d"] for frame in whole.poses[12:24]
    ]
    assert Video(tmp_path / "o.mp4").frames == 12


def test_canvas_and_look_reach_the_pictures(clip: Path, tmp_path: Path, filmed: Callable[..., Filmed]) -> None:
    filmed(clip, canvas_wh=(48, 32), look={"threshold": 2.0})
    frames = list(Video(tmp_path / "out" / "s.mp4"))
    assert frames[0].shape == (32, 48, 3) and max(frame.max() for frame in frames) < 20


def test_kept_poses_share_their_zeros(clip: Path, filmed: Callable[..., Filmed]) -> None:
    frames = filmed(clip).poses
    zeros = {id(value) for frame in frames for value in frame["people"][0]["face_keypoints_2d"] if value == 0}
    assert len(zeros) <= len(frames), "at most one object a frame"


# --- whom to keep


def test_chosen_by_track_id_and_by_a_look_at_the_whole(clip: Path, filmed: Callable[..., Filmed]) -> None:
    everybody = steps(clip)
    assert filmed(clip, choose=by_track_id([1]), **FOLLOWED).poses == to_frames(select(everybody, by_track_id([1])))
    assert filmed(clip, choose=by_area(), **FOLLOWED).poses == to_frames(select(everybody, by_area()))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"steadiness": STEADY}, "follows each person"),
        ({"choose": by_track_id([1])}, "cannot be chosen"),
        ({"fill_absent": True}, "no place of their own"),
    ],
)
def test_what_needs_identities_is_refused_before_the_first_frame(
    clip: Path, tmp_path: Path, filmed: Callable[..., Filmed], options: Any, message: str
) -> None:
    network = Bright()
    with pytest.raises(BadOption, match=message):
        filmed(clip, network, **options)
    assert network.crops == 0 and written(tmp_path) == []


def test_everybody_in_every_frame(clip: Path, filmed: Callable[..., Filmed]) -> None:
    def leaving(frames: Sequence[Seen]) -> list[npt.NDArray[np.float64]]:
        return [BOXES if frame.index < 15 else BOXES[1:] for frame in frames]

    result = filmed(clip, find=leaving, fill_absent=True, **FOLLOWED)
    assert [len(frame["people"]) for frame in result.poses] == [2] * COUNT
    plain = filmed(clip, find=leaving, **FOLLOWED)
    assert [len(frame["people"]) for frame in plain.poses[25:]] == [1] * 5
    assert result.people == 2


# --- over time


def test_over_time_windows_follow_tracked_boxes(clip: Path, filmed: Callable[..., Filmed], model: DiffPose) -> None:
    def shuffled(frames: Sequence[Seen]) -> list[npt.NDArray[np.float64]]:
        return [BOXES[:: 1 if frame.index % 2 else -1] for frame in frames]

    def estimator() -> VideoEstimator:
        return VideoEstimator(model, steps=1, noises=1, batch_size=2)

    images, shots = list(Video(clip)), Shots()
    list(shots.watch(images))
    boxes = [people_of_boxes(box[0], SIZE_WH) for i in range(COUNT) for box in [shuffled([_seen(i)])]]
    followed = track(boxes, frames=images, cuts=shots)
    expected = estimator()(images, followed, cuts=shots)
    result = filmed(clip, estimator(), find=shuffled)
    assert result.poses == to_frames(expected)


def test_over_time_from_the_poses_of_another(clip: Path, filmed: Callable[..., Filmed], model: DiffPose) -> None:
    def estimator() -> VideoEstimator:
        return VideoEstimator(model, steps=1, noises=1, batch_size=2)

    images = list(Video(clip))
    followed = track([people_of_boxes(BOXES, SIZE_WH)] * COUNT, frames=images)
    begin = Estimator(Bright(), batch_size=3)(images, [who.boxes for who in followed])
    expected = estimator()(images, followed, start=begin)
    start = Estimator(Bright(), batch_size=3)
    result = filmed(clip, estimator(), start=start)
    assert result.poses == to_frames(expected)


def _seen(index: int) -> Seen:
    return Seen(index, picture(0), Fraction(0), Fraction(1), cut=False, repeat=False)
