"""SDPose Kit for ComfyUI: the door. Nothing runs at import; ComfyUI calls `comfy_entrypoint`."""

if __package__:  # empty when a test runner imports this file by itself, outside ComfyUI
    from .nodes.extension import comfy_entrypoint

    __all__ = ["WEB_DIRECTORY", "comfy_entrypoint"]

WEB_DIRECTORY = "./web"
