"""Wires of every kind with poses or boxes can be drawn to our nodes, in the classic look and in Nodes 2.0."""

from __future__ import annotations

import pytest

LOOKS = [pytest.param(False, id="classic"), pytest.param(True, id="nodes-2")]
POSES = ["POSE_KEYPOINT", "POSEDATA", "DWPOSES", "STRING", "JSON", "DICT"]
BOXES = ["BOUNDING_BOX", "BBOX", "SEGS", "MASK", "JSON", "STRING", "DICT"]
OTHERS = ["IMAGE", "LATENT", "SDPOSEKIT_MODEL"]

CONNECTED = """([type, input, kinds]) => {
    const node = LiteGraph.createNode(type), found = [];
    app.graph.add(node);
    for (const kind of kinds) {
        const other = new LiteGraph.LGraphNode(kind), slot = node.inputs.findIndex(slot => slot.name === input);
        other.addOutput('out', kind);
        app.graph.add(other);
        other.connect(0, node, slot);
        if (node.isInputConnected(node.inputs.findIndex(slot => slot.name === input))) found.push(kind);
        node.disconnectInput(slot);
        app.graph.remove(other);
    }
    app.graph.remove(node);
    return found;
}"""
"""Which outputs can be connected to an input."""

ACCEPTED = """([type, kinds]) => kinds.filter(kind => {
    const node = LiteGraph.createNode(type), other = new LiteGraph.LGraphNode(kind);
    app.graph.add(node);
    other.addInput('in', kind);
    app.graph.add(other);
    node.connect(0, other, 0);
    const found = other.isInputConnected(0);
    app.graph.remove(node);
    app.graph.remove(other);
    return found;
})"""
"""Which inputs the first output can be connected to."""

WIDGETS = """(type) => LiteGraph.createNode(type).widgets.map(widget => widget.name)"""


@pytest.mark.parametrize("nodes_2", LOOKS)
def test_wires_of_every_kind_fit(page, nodes_2):
    page.open(nodes_2)
    for node, slot, kinds in [
        ("RenderSkeleton", "poses", POSES),
        ("TrackPeople", "before", POSES),
        ("ConvertPoses", "poses", POSES),
        ("PutFrameBack", "edited.edited0", POSES),
        ("PutFrameBack", "indices", ["STRING", "INT"]),
        ("EstimatePose", "boxes", BOXES),
    ]:
        found = page.evaluate(CONNECTED, [f"SDPoseKit_{node}", slot, [*kinds, *OTHERS]])
        assert found == kinds, (node, slot)
    assert "poses" not in page.evaluate(WIDGETS, "SDPoseKit_RenderSkeleton")  # no box to type into for the STRING
    assert "indices" in page.evaluate(WIDGETS, "SDPoseKit_PutFrameBack")  # and one where numbers are typed


@pytest.mark.parametrize("nodes_2", LOOKS)
def test_a_picked_frame_goes_wherever_its_dialect_goes(page, nodes_2):
    page.open(nodes_2)
    taken = page.evaluate(ACCEPTED, ["SDPoseKit_PickFrame", [*POSES, *OTHERS]])
    assert taken == ["POSE_KEYPOINT", "POSEDATA", "DWPOSES"]
