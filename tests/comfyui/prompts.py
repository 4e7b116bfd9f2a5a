"""Parts of graphs in the format of ComfyUI's API, and what comes of them."""

from __future__ import annotations

import io
import json

import numpy as np
from PIL import Image

MODEL = {"class_type": "SDPoseKit_LoadModel", "inputs": {"model": "mini (bundled)", "dtype": "auto"}}
DIFFPOSE = {"class_type": "SDPoseKit_LoadDiffPose", "inputs": {"model": "diffpose-mini (bundled)", "dtype": "auto"}}
POSE = {"model": ["model", 0], "image": ["drawn", 0], "crop": "padded", "flip_test": False, "batch_size": 0}
OVER_TIME = {"steps": 1, "noises": 2, "delta": 2, "seed": 5, "find_cuts": True, "start_step": 249, "batch_size": 0}
VIDEO = {"model": ["model", 0], "image": ["drawn", 0], **OVER_TIME}
LOOK = {"style": "dwpose", "threshold": 0.3, "body": True, "feet": "off", "hands": True, "face": True}
SIZE = {"width": 0, "height": 0, "stick_width": 0, "scale": 1.0, "opacity": 0.6}


def node(class_type, **inputs):
    return {"class_type": class_type, "inputs": inputs}


def drawn(seed, frames=1, animate=False, side=192):
    size = {"width": side, "height": side, "style": "any"}
    return node("SDPoseKit_DrawnCharacters", seed=seed, frames=frames, animate=animate, **size)


def picture(server, description):
    return np.asarray(Image.open(io.BytesIO(server.image(description))))


def saved_poses(server, prefix):
    """What Save Poses wrote last under a prefix."""
    return json.loads(sorted((server.base / "output").glob(f"{prefix}*.json"))[-1].read_text())
