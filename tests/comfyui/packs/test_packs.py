"""Real nodes of other packs in a real ComfyUI: what ours give them, and what they give ours."""

from __future__ import annotations

import os

import pytest

from . import page
from .consumers import CONSUMERS
from .editors import EDITORS
from .matrix import NOT_SHOWN, WORKS, Matrix, tables
from .producers import PRODUCERS
from .regions import EXCHANGES
from .sources import CASES, SOURCES

UPDATE = "UPDATE_COMPATIBILITY"


@pytest.fixture(scope="session")
def matrix(crowd, packs):
    return Matrix(crowd, packs)


def needs(packs, *names):
    for name in names:
        if reason := packs[name].missing:
            pytest.skip(reason)


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("consumer", CONSUMERS, ids=lambda one: one.title)
def test_they_show_our_poses_where_they_are(matrix, packs, consumer, source):
    needs(packs, consumer.pack)
    assert matrix.poses(consumer, source) in (WORKS, NOT_SHOWN)


@pytest.mark.parametrize("consumer", CONSUMERS, ids=lambda one: one.title)
def test_each_shows_poses_of_most_of_our_nodes(matrix, packs, consumer):
    """So that what has nothing to show does not pass for what shows it."""
    needs(packs, consumer.pack)
    assert sum(matrix.poses(consumer, source) == WORKS for source in SOURCES) > len(SOURCES) / 2


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("consumer", CONSUMERS, ids=lambda one: one.title)
def test_nobody_and_missing_parts_are_no_trouble(matrix, packs, consumer, case):
    needs(packs, consumer.pack)
    assert matrix.poses(consumer, case) in (WORKS, NOT_SHOWN)


def test_every_node_of_ours_that_gives_poses_is_among_them(crowd):
    nodes = crowd.request("/object_info")
    ours = [each for name, each in nodes.items() if name.startswith("SDPoseKit_")]
    giving = [each["display_name"] for each in ours if any("POSE_KEYPOINT" in type_ for type_ in each["output"])]
    assert sorted(giving) == sorted(SOURCES)


@pytest.mark.parametrize("producer", PRODUCERS, ids=lambda one: one.title)
def test_ours_read_their_poses(matrix, packs, producer):
    needs(packs, producer.pack, producer.fed_by)
    came = matrix.taken(producer)
    assert came != WORKS if producer.broken else came == WORKS


@pytest.mark.parametrize("exchange", EXCHANGES, ids=lambda one: f"{one.title}, {one.way}")
def test_boxes_masks_and_segs_are_the_same_on_both_sides(matrix, packs, exchange):
    needs(packs, exchange.pack)
    assert matrix.exchanged(exchange) == WORKS


@pytest.mark.parametrize("editor", EDITORS, ids=lambda one: one.title)
def test_a_frame_goes_through_an_editor(matrix, packs, editor):
    """It comes back as it was edited, and every other frame as it was."""
    needs(packs, editor.pack)
    assert matrix.exchanged(editor) == WORKS


def test_the_page_says_what_ran(matrix, packs):
    """Every line about a pack that is here, from the runs above; with UPDATE_COMPATIBILITY=1 it is written anew."""
    absent = [pack.missing for pack in packs.values() if pack.missing]
    if os.environ.get(UPDATE):
        assert not absent, absent
        page.PAGE.write_text(page.text(tables(matrix)), encoding="utf-8")
    lacking = page.missing_lines(tables(matrix), whole=not absent)
    assert not lacking, f"{UPDATE}=1 pytest tests/comfyui/packs, with every pack, writes {page.PAGE.name} anew"
