"""A tiny labelled data set and a tiny network for the training tests."""

import json

import cv2
import numpy as np
import pytest
import torch

from sdpose.models import SDPoseConfig, save_model
from sdpose.topology import get
from sdpose.training import TrainConfig

BODY = get("coco17")
ACROSS = np.array([0, 1, -1, 2, -2, 6, -6, 9, -9, 8, -8, 4, -4, 4, -4, 4, -4]) * 3.0
DOWN = np.array([2, 1, 1, 1.5, 1.5, 4, 4, 7, 7, 9, 9, 9, 9, 13, 13, 17, 17]) * 5.0


def tiny_config():
    """SDPose's topology, as narrow as it goes, for inputs of 32 x 48 px."""
    mini = SDPoseConfig.mini()
    unet = mini.unet | {
        "block_out_channels": [16, 16, 16, 16],
        "attention_head_dim": [2, 2, 2, 2],
        "cross_attention_dim": 8,
        "norm_num_groups": 4,
        "layers_per_block": 1,
    }
    vae = mini.vae | {"block_out_channels": [4, 4, 4, 8], "norm_num_groups": 2, "layers_per_block": 1}
    return SDPoseConfig("body", unet, vae, input_wh=(32, 48), sigma=1.5)


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory):
    """A folder with random weights of a tiny network, in the published layout, with the U-Net's tail."""
    from sdpose.training.sdpose.start import fresh_model

    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("tiny") / "model"
    save_model(fresh_model(tiny_config(), tail=True), folder)
    return folder


@pytest.fixture(scope="session")
def coco(tmp_path_factory):
    """(JSON file, picture folder) of four stick figures in COCO's format."""
    folder = tmp_path_factory.mktemp("coco")
    images, annotations = [], []
    for number in range(4):
        points = np.column_stack([ACROSS, DOWN]) * (0.8 + 0.1 * number) + (60 + 3 * number, 20)
        picture = np.full((140, 120, 3), 40 * number, np.uint8)
        for a, b in BODY.link_indices:
            cv2.line(picture, points[a].astype(int).tolist(), points[b].astype(int).tolist(), (255, 200, 90), 3)
        cv2.imwrite(str(folder / f"{number}.png"), picture)
        low, high = points.min(axis=0), points.max(axis=0)
        images.append({"id": number, "file_name": f"{number}.png", "width": 120, "height": 140})
        annotations.append({
            "id": number, "image_id": number, "category_id": 1, "iscrowd": 0, "bbox": [*low, *(high - low)],
            "keypoints": np.column_stack([points, np.full(17, 2)]).ravel().tolist(), "num_keypoints": 17,
        })  # fmt: skip
    path = folder / "person_keypoints.json"
    path.write_text(json.dumps({"images": images, "annotations": annotations}))
    return path, folder


@pytest.fixture
def config(coco, tiny_folder):
    """Makes a TrainConfig for a few seconds on the stick figures."""

    def make(**changes):
        options = {
            "init": str(tiny_folder), "coco": str(coco[0]), "images": str(coco[1]), "freeze_vae": False, "steps": 6,
            "batch_size": 4, "warmup": 2, "workers": 0, "validate_every": 0, "log_every": 1, "save_every": 100,
            "threads": 1, "window": 4,
        }  # fmt: skip
        return TrainConfig(**(options | changes))

    return make
