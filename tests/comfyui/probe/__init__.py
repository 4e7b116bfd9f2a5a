"""A pack for the tests: shows what ComfyUI keeps loaded, and what travels on a wire."""

import json

import comfy.model_management
from comfy_api.latest import ComfyExtension, io


class LoadedModels(io.ComfyNode):
    """ComfyUI's own list of loaded models, after whatever is connected has run."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="SDPoseKitProbe_LoadedModels",
            inputs=[io.AnyType.Input("after"), io.AnyType.Input("first"), io.AnyType.Input("second")],
            is_output_node=True,
        )

    @classmethod
    def execute(cls, after: object, first: object, second: object) -> io.NodeOutput:
        loaded = [type(entry.model.model).__name__ for entry in comfy.model_management.current_loaded_models]
        return io.NodeOutput(ui={"loaded": loaded, "same": [first is second]})


class ShowValue(io.ComfyNode):
    """A value as JSON text."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(node_id="SDPoseKitProbe_ShowValue", inputs=[io.AnyType.Input("value")], is_output_node=True)

    @classmethod
    def fingerprint_inputs(cls, value: object) -> float:
        return float("nan")  # what was shown before is to be shown again

    @classmethod
    def execute(cls, value: object) -> io.NodeOutput:
        return io.NodeOutput(ui={"json": [json.dumps(value)]})


class Value(io.ComfyNode):
    """JSON text as a value of any type."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="SDPoseKitProbe_Value", inputs=[io.String.Input("text")], outputs=[io.AnyType.Output("value")]
        )

    @classmethod
    def execute(cls, text: str) -> io.NodeOutput:
        return io.NodeOutput(json.loads(text))


class Pieces(io.ComfyNode):
    """Frames of any kind as a list of pieces of so many frames."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="SDPoseKitProbe_Pieces",
            inputs=[io.AnyType.Input("frames"), io.Int.Input("length")],
            outputs=[io.AnyType.Output("pieces", is_output_list=True)],
        )

    @classmethod
    def execute(cls, frames: object, length: int) -> io.NodeOutput:
        return io.NodeOutput([frames[start : start + length] for start in range(0, len(frames), length)])


class Probe(ComfyExtension):
    async def get_node_list(self) -> list[type[io.ComfyNode]]:
        return [LoadedModels, Pieces, ShowValue, Value]


async def comfy_entrypoint() -> Probe:
    return Probe()
