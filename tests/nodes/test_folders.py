"""Model folders: known beside what others registered, listed without surprises, never left."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def folders(pack):
    return pack.part("nodes.folders")


@pytest.fixture
def models(pack):
    """The models folder, emptied afterwards, with ComfyUI's own listing forgotten."""
    import folder_paths

    made: list[Path] = []

    def put(name: str, content: bytes = b"weights") -> Path:
        path = Path(folder_paths.models_dir, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        made.append(path)
        folder_paths.filename_list_cache.clear()
        return path

    yield put
    for path in made:
        path.unlink()
    folder_paths.filename_list_cache.clear()


def test_registering_adds_to_what_is_there(folders, tmp_path):
    import folder_paths

    users = str(tmp_path / "elsewhere")
    saved = dict(folder_paths.folder_names_and_paths)
    try:
        del folder_paths.folder_names_and_paths["sdpose"]
        folder_paths.folder_names_and_paths["ultralytics"] = ([users], set())  # as in extra_model_paths.yaml
        folder_paths.folder_names_and_paths["yolo"] = ([users], {".onnx"})
        folders.register_all()
        folders.register_all()
        known = folder_paths.folder_names_and_paths
        assert known["sdpose"] == ([str(Path(folder_paths.models_dir, "sdpose"))], {".safetensors", ".sft", ".pt"})
        assert known["ultralytics"] == ([users, str(Path(folder_paths.models_dir, "ultralytics"))], set())
        assert known["yolo"][1] == {".onnx", ".pt"}
    finally:
        folder_paths.folder_names_and_paths.clear()
        folder_paths.folder_names_and_paths.update(saved)


def test_models_of_every_kind_are_listed(folders, models):
    ours = models("sdpose/my own.safetensors")
    core = models("checkpoints/sdpose_wholebody_fp16.safetensors")
    for part in ("unet/diffusion_pytorch_model.safetensors", "decoder/decoder.safetensors"):
        models(f"SDPose_OOD/Body/{part}")
    models("checkpoints/some_other_model.safetensors")
    models("sdpose/readme.md")
    models("sdpose/empty_embedding.safetensors")
    models("sdpose/yolo11n.pt")
    found = folders.models()
    assert next(iter(found)) == folders.BUNDLED
    assert {label: path for label, path in found.items() if "/" in label} == {
        "sdpose/my own.safetensors": str(ours),
        "SDPose_OOD/Body": str(ours.parents[1] / "SDPose_OOD" / "Body"),
        "checkpoints/sdpose_wholebody_fp16.safetensors": str(core),
    }
    assert folders.model_path("sdpose/my own.safetensors") == ours


def test_each_kind_of_model_is_listed_by_its_own_loader(folders, models):
    from safetensors.numpy import save

    diffpose = save({}, metadata={"diffpose": "{}"})
    steady = models("sdpose/steady.safetensors", diffpose)
    models("checkpoints/sdpose_in_name_only.safetensors", diffpose)
    others = models("checkpoints/my diffpose.safetensors", diffpose)
    models("checkpoints/some_other_model.safetensors", diffpose)
    models("sdpose/single.safetensors", save({}, metadata={"sdpose": "{}"}))
    models("sdpose/diffpose in name only.safetensors")
    known = {label: path for label, path in folders.diffposes().items() if "/" in label}
    assert known == {"sdpose/steady.safetensors": str(steady), "checkpoints/my diffpose.safetensors": str(others)}
    assert next(iter(folders.diffposes())) == folders.BUNDLED_DIFFPOSE
    assert [label for label in folders.models() if label.endswith(".safetensors")] == [
        "sdpose/diffpose in name only.safetensors",
        "sdpose/single.safetensors",
    ]
    assert folders.diffpose_path("sdpose/steady.safetensors") == steady
    assert folders.fingerprint("sdpose/steady.safetensors")[0] == str(steady)
    assert folders.fingerprint(folders.BUNDLED_DIFFPOSE) == ("diffpose-mini", ())


def test_a_file_is_looked_into_once_while_it_stays_the_same(folders, models, monkeypatch):
    import os

    from safetensors.numpy import save

    path = models("sdpose/opened.safetensors", save({}, metadata={"diffpose": "{}"}))
    looked = []
    monkeypatch.setattr(folders, "is_diffpose", lambda path: looked.append(path.name) or True)
    for _ in range(3):
        assert "sdpose/opened.safetensors" in folders.diffposes()
    os.utime(path, (1, 1))
    assert "sdpose/opened.safetensors" in folders.diffposes()
    assert looked == ["opened.safetensors"] * 2


def test_published_weights_are_looked_for_where_other_packs_keep_them(folders, models):
    core = models("checkpoints/sdpose_wholebody_fp16.safetensors")
    assert folders.model_path("wholebody (published, 133 points)") == core


def test_detectors_are_listed_once_and_the_default_first(folders, models):
    face = models("ultralytics/bbox/face.pt")
    models("detection/depth.safetensors")
    found = folders.detectors()
    assert list(found) == ["yolo11x.pt", "ultralytics_bbox/face.pt"]
    assert found["ultralytics_bbox/face.pt"] == str(face)
    assert Path(found["yolo11x.pt"]).parent == face.parents[2] / "sdpose"
    default = models("ultralytics/bbox/yolo11x.pt")
    assert folders.detector_path("yolo11x.pt") == default


@pytest.mark.parametrize("label", ["/etc/passwd", "sdpose/../../secret.safetensors", "gone.safetensors", "mini"])
def test_only_what_is_listed_is_opened(folders, pack, label):
    with pytest.raises(pack.part("sdpose.errors").ModelNotFound, match="not among"):
        folders.model_path(label)
    with pytest.raises(pack.part("sdpose.errors").ModelNotFound, match="not among"):
        folders.detector_path(label)
    with pytest.raises(pack.part("sdpose.errors").ModelNotFound, match="not among"):
        folders.diffpose_path(label)


def test_a_changed_file_is_loaded_again(folders, models):
    import os

    path = models("sdpose/changing.safetensors")
    before = folders.fingerprint("sdpose/changing.safetensors")
    os.utime(path, (1, 1))
    assert folders.fingerprint("sdpose/changing.safetensors") != before


def test_a_file_replaced_inside_a_folder_is_seen(folders, models):
    import os

    folder = models("SDPose_OOD/Changing/unet/diffusion_pytorch_model.safetensors").parents[1]
    head = models("SDPose_OOD/Changing/decoder/decoder.safetensors")
    os.utime(head, (2_000_000_000, 2_000_000_000))
    before = folders.fingerprint("SDPose_OOD/Changing")
    os.utime(head, (1, 1))
    older = folders.fingerprint("SDPose_OOD/Changing")
    head.write_bytes(b"weights of another size")
    os.utime(head, (1, 1))
    assert len({before, older, folders.fingerprint("SDPose_OOD/Changing")}) == 3
    constant = folder / "empty_embedding.safetensors"
    after = folders.fingerprint("SDPose_OOD/Changing")
    models(f"SDPose_OOD/Changing/{constant.name}")
    assert folders.fingerprint("SDPose_OOD/Changing") == after


def test_names_are_not_looked_up_on_the_disk(folders, tmp_path, monkeypatch):
    (tmp_path / "body").mkdir()
    (tmp_path / "body" / "other.safetensors").write_bytes(b"not the model")
    monkeypatch.chdir(tmp_path)
    assert folders.fingerprint(folders.BUNDLED) == ("mini", ())
    assert folders.fingerprint("body (published, 17 points)") == ("body", ())
