"""A pack for the tests: stands in for the weights of other packs, so that their own nodes run to the end.

Each node gives what another pack's model loader gives; asked for keypoints, it answers with those it was given.
"""

import json
import sys

import numpy as np
import torch
from comfy_api.latest import ComfyExtension, io


class _Detector:
    """A YOLO that sees one person, everywhere."""

    def reinit(self) -> None: ...

    def cleanup(self) -> None: ...

    def __call__(self, image: np.ndarray, shape: np.ndarray) -> list[list[dict[str, np.ndarray]]]:
        height, width = shape[0]
        return [[{"bbox": np.array([0.0, 0.0, width, height, 1.0])}]]


class _Estimator:
    """A ViTPose that finds the given keypoints, frame by frame."""

    def __init__(self, frames: list[list[list[float]]]) -> None:
        self.frames, self.asked = np.array(frames, np.float64), 0

    def reinit(self) -> None:
        self.asked = 0

    def cleanup(self) -> None: ...

    def __call__(self, image: np.ndarray, center: np.ndarray, scale: np.ndarray) -> np.ndarray:
        self.asked += 1
        return self.frames[self.asked - 1 : self.asked].copy()


class PoseModel(io.ComfyNode):
    """133 keypoints of one person a frame as kijai's POSEMODEL."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="SDPoseKitProbe_PoseModel",
            inputs=[io.String.Input("keypoints")],
            outputs=[io.Custom("POSEMODEL").Output("model")],
        )

    @classmethod
    def execute(cls, keypoints: str) -> io.NodeOutput:
        return io.NodeOutput({"yolo": _Detector(), "vitpose": _Estimator(json.loads(keypoints))})


class _Unet(torch.nn.Linear):
    dtype = torch.float32

    def forward(self, latent: torch.Tensor, *_: object, **__: object) -> torch.Tensor:
        return latent


class _Encoded:
    def __init__(self, value: torch.Tensor) -> None:
        self.latent_dist, self.value = self, value

    def sample(self) -> torch.Tensor:
        return self.value


class _Vae(torch.nn.Linear):
    def encode(self, crops: torch.Tensor) -> _Encoded:
        return _Encoded(crops[:, :, ::8, ::8])


class _Found:
    def __init__(self, person: np.ndarray) -> None:
        self.keypoints, self.keypoint_scores = [person[:, :2]], [person[:, 2]]


class _Head(torch.nn.Linear):
    """Finds the given people, one crop after the other."""

    def __init__(self, people: list[list[list[float]]]) -> None:
        super().__init__(1, 1)
        self.people = [np.array(person, np.float64) for person in people]

    def predict(self, features: tuple[torch.Tensor], *_: object, **__: object) -> list[_Found]:
        count = len(features[0])
        found, self.people = self.people[:count], self.people[count:]
        return [_Found(person) for person in found]


class SDPoseModel(io.ComfyNode):
    """Keypoints of one person a frame, in pixels of its 768 x 1024 input, as judian17's SDPOSE_MODEL."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="SDPoseKitProbe_SDPoseModel",
            inputs=[io.String.Input("keypoints"), io.String.Input("scheme")],
            outputs=[io.Custom("SDPOSE_MODEL").Output("model")],
        )

    @classmethod
    def execute(cls, keypoints: str, scheme: str) -> io.NodeOutput:
        model = {"unet": _Unet(1, 1), "vae": _Vae(1, 1), "decoder": _Head(json.loads(keypoints)), "scheduler": None}
        model |= {"empty_text_embed": torch.zeros(1, 1, 1), "device": torch.device("cpu"), "keypoint_scheme": scheme}
        return io.NodeOutput(model)


class NLFPoses(io.ComfyNode):
    """Nobody's body for each frame of DWPOSES: 24 joints in millimetres of the camera's space, as SCAIL's NLFPRED."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="SDPoseKitProbe_NLFPoses",
            inputs=[io.Custom("DWPOSES").Input("poses")],
            outputs=[io.Custom("NLFPRED").Output("poses")],
        )

    @classmethod
    def execute(cls, poses: dict[str, list[object]]) -> io.NodeOutput:
        return io.NodeOutput({"joints3d_nonparam": [[torch.zeros(1, 24, 3) for _ in poses["poses"]]]})


class AuxEncoded(io.ComfyNode):
    """Frames as controlnet_aux's own encoder writes them, from what its own decoder reads in such frames."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="SDPoseKitProbe_AuxEncoded",
            inputs=[io.Custom("POSE_KEYPOINT").Input("poses")],
            outputs=[io.Custom("POSE_KEYPOINT").Output("poses")],
        )

    @classmethod
    def execute(cls, poses: list[dict[str, object]]) -> io.NodeOutput:
        dwpose = next(module for name, module in sys.modules.items() if name.endswith("custom_controlnet_aux.dwpose"))
        decoded = [dwpose.decode_json_as_poses(frame) for frame in poses]
        return io.NodeOutput(
            [dwpose.encode_poses_as_dict(people, height, width) for people, _, height, width in decoded]
        )


class Probe(ComfyExtension):
    async def get_node_list(self) -> list[type[io.ComfyNode]]:
        return [AuxEncoded, NLFPoses, PoseModel, SDPoseModel]


async def comfy_entrypoint() -> Probe:
    return Probe()
