"""The checks of what other packs give notice a wrong answer, each of the kind that they are there for."""

from __future__ import annotations

import cv2
import numpy as np

from sdpose import formats
from sdpose.topology import get

from .consumers import off_faces
from .editors import EDITED, FRAMES, changed
from .people import clip
from .placed import NOBODY
from .producers import PRODUCERS, unlike
from .regions import alike, boxes_off, outlined

PICTURE = np.zeros((640, 512, 3), np.uint8)
BOX = np.array([[100.0, 120.0, 300.0, 400.0]])


def outline(x1, y1, x2, y2):
    return cv2.rectangle(PICTURE.copy(), (x1, y1), (x2, y2), (255, 0, 0), 2)


def test_an_outline_has_to_be_whole_where_it_is_and_alone():
    assert outlined(outline(100, 120, 300, 400), BOX) == []
    assert "of the outline" in outlined(PICTURE, BOX)[0]
    assert "of the outline" in outlined(outline(110, 120, 310, 400), BOX)[0]
    assert outlined(cv2.circle(outline(100, 120, 300, 400), (400, 500), 9, (255, 255, 255), -1), BOX) != []


def test_boxes_have_to_be_the_same_in_every_frame():
    assert boxes_off([BOX, BOX], [BOX, BOX + 0.5]) == []
    for other in ([BOX], [BOX, BOX + 9], [BOX, np.zeros((0, 4))]):
        assert boxes_off(other, [BOX, BOX]) != []
    assert boxes_off([[]], [[]]) != [], "no boxes are no evidence"


def test_pictures_have_to_be_alike_and_show_something():
    bright = outline(100, 120, 300, 400)
    assert alike([bright], [bright]) == []
    assert alike([PICTURE], [PICTURE]) != [] and alike([bright], []) != []
    assert alike([255 - bright], [bright]) != [] and alike([bright[1:]], [bright]) != []


def test_a_box_has_to_be_around_its_face():
    (poses,) = clip(1, 1)
    face = poses.points[0, list(poses.skeleton.indices("face"))]
    box = dict(zip(("x", "y", "width", "height"), (*face.min(axis=0), *np.ptp(face, axis=0)), strict=True))
    assert off_faces([[box]], [poses]) == []
    for other in ([], [box | {"x": box["x"] + 9}], [box | {"width": 9 * box["width"]}], [box, box]):
        assert off_faces([other], [poses]) != []
    assert off_faces([[]], [poses[:0]]) == [NOBODY]


def test_keypoints_have_to_be_where_they_were_under_their_names():
    poses, table = clip(1), get("openpose134")
    assert unlike(poses, poses, PRODUCERS[0]) == []
    order = np.array(table.flip_indices)
    mirrored = [poses[0].replace(points=poses[0].points[:, order], scores=poses[0].scores[:, order])]
    absent = [poses[0].replace(scores=np.where(np.arange(len(table)) == 3, 0, poses[0].scores))]
    assert "left_thumb1" in unlike(mirrored, poses, PRODUCERS[0])[1]
    assert unlike(absent, poses, PRODUCERS[0]) == ["frame 0: right_elbow is lost"]
    assert "people a frame" in unlike([poses[0][:1]], poses, PRODUCERS[0])[0]
    assert "a canvas of" in unlike([poses[0].replace(canvas_wh=(64, 64))], poses, PRODUCERS[0])[0]


def test_a_clip_has_to_come_back_with_that_edit_and_no_other():
    before, poses = formats.write(clip(FRAMES)), clip(FRAMES)[EDITED]
    moved = poses.replace(points=poses.points + 5)
    edited = [*before[:EDITED], formats.write([moved])[0], *before[EDITED + 1 :]]
    anonymous = [*before[:EDITED], formats.write([moved.replace(track_ids=None)])[0], *before[EDITED + 1 :]]
    assert changed(edited, moved, True, 1e-3) == [] == changed(before, poses, False, 1e-3)
    assert "elsewhere" in changed(before, moved, True, 1e-3)[0]
    assert changed(before, poses, True, 1e-3) == ["the editor's change is lost"]
    assert changed(edited, moved, False, 1e-3) == ["changed, and nothing was edited"]
    assert changed(anonymous, moved, True, 1e-3) == ["the track ids are lost"]
    assert changed([edited[1], *edited[1:]], moved, True, 1e-3) == ["frame 0 changed"]
