"""Pictures of every kind in, video in and out."""

from __future__ import annotations

import io
import struct
from fractions import Fraction
from pathlib import Path
from random import Random

import av
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from sdpose.errors import BadImage, BadOption, BadVideo, OutputError
from sdpose.media import (
    Video,
    VideoWriter,
    blank,
    check_room,
    is_image,
    is_video,
    list_media,
    natural_key,
    read_image,
    to_rgb8,
)

RNG = np.random.default_rng(7)
RGB = RNG.integers(0, 256, (6, 4, 3), dtype=np.uint8)


def _over_white(rgba: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    alpha = rgba[..., 3:] / 255
    return np.rint(rgba[..., :3] * alpha + 255 * (1 - alpha)).astype(np.uint8)


# --- pictures from files


def test_rgb_png_comes_back_as_it_is(tmp_path: Path) -> None:
    Image.fromarray(RGB).save(tmp_path / "a.png")
    assert np.array_equal(read_image(tmp_path / "a.png"), RGB)


def test_grey_and_black_and_white(tmp_path: Path) -> None:
    Image.fromarray(RGB[..., 0]).save(tmp_path / "grey.png")
    assert np.array_equal(read_image(tmp_path / "grey.png"), np.repeat(RGB[..., :1], 3, axis=2))
    Image.fromarray(RGB[..., 0] > 127).save(tmp_path / "bw.png")
    assert np.array_equal(read_image(tmp_path / "bw.png")[..., 2], np.where(RGB[..., 0] > 127, 255, 0))


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_sixteen_bit_grey_keeps_its_range(tmp_path: Path, suffix: str) -> None:
    deep = np.array([[0, 256, 257], [32768, 65278, 65535]], np.uint16)
    Image.fromarray(deep).save(tmp_path / f"deep.{suffix}")
    expected = np.rint(deep / 257).astype(np.uint8)
    assert np.array_equal(read_image(tmp_path / f"deep.{suffix}")[..., 1], expected)


def test_transparent_picture_lies_over_white(tmp_path: Path) -> None:
    rgba = RNG.integers(0, 256, (5, 5, 4), dtype=np.uint8)
    rgba[0, 0] = (10, 20, 30, 0)
    Image.fromarray(rgba).save(tmp_path / "a.png")
    image = read_image(tmp_path / "a.png")
    assert image[0, 0].tolist() == [255, 255, 255]
    assert np.array_equal(image, _over_white(rgba))


def test_palette_with_a_transparent_colour(tmp_path: Path) -> None:
    palette = Image.new("P", (2, 1))
    palette.putpalette([200, 0, 0, 0, 0, 90])
    palette.putdata([0, 1])
    palette.save(tmp_path / "opaque.png")
    palette.save(tmp_path / "cut.png", transparency=0)
    assert read_image(tmp_path / "opaque.png").tolist() == [[[200, 0, 0], [0, 0, 90]]]
    assert read_image(tmp_path / "cut.png").tolist() == [[[255, 255, 255], [0, 0, 90]]]


def test_cmyk_jpeg(tmp_path: Path) -> None:
    Image.new("CMYK", (16, 16), (0, 255, 255, 0)).save(tmp_path / "a.jpg", quality=100)
    assert np.abs(read_image(tmp_path / "a.jpg")[8, 8].astype(int) - [255, 0, 0]).max() < 12


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied(tmp_path: Path, orientation: int) -> None:
    upright = np.zeros((3, 2, 3), np.uint8)
    upright[0, 0] = 255
    stored = {  # how a camera held each way stores the same scene
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.transpose(1, 0, 2),
        6: np.rot90(upright),
        7: np.rot90(upright, 2).transpose(1, 0, 2),
        8: np.rot90(upright, -1),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(np.ascontiguousarray(stored)).save(tmp_path / "a.png", exif=exif)
    assert np.array_equal(read_image(tmp_path / "a.png"), upright)


def test_one_pixel_and_eight_thousand_squared(tmp_path: Path) -> None:
    Image.new("RGB", (1, 1), (1, 2, 3)).save(tmp_path / "one.png")
    assert read_image(tmp_path / "one.png").tolist() == [[[1, 2, 3]]]
    Image.new("L", (8000, 8000), 9).save(tmp_path / "big.png")
    big = read_image(tmp_path / "big.png")
    assert big.shape == (8000, 8000, 3) and big[7999, 7999].tolist() == [9, 9, 9]


def test_first_frame_of_an_animation(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (4, 4), colour) for colour in ((255, 0, 0), (0, 0, 255))]
    frames[0].save(tmp_path / "a.webp", save_all=True, append_images=frames[1:], lossless=True)
    assert read_image(tmp_path / "a.webp")[0, 0].tolist() == [255, 0, 0]


@pytest.mark.parametrize("content", [b"", b"not a picture", b"\x89PNG\r\n\x1a\n" + bytes(40)])
def test_damaged_picture_names_the_file(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "broken.png").write_bytes(content)
    with pytest.raises(BadImage, match=r"broken\.png"):
        read_image(tmp_path / "broken.png")


def test_missing_picture_and_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(BadImage, match=r"no picture .*nowhere\.png"):
        read_image(tmp_path / "nowhere.png")
    with pytest.raises(BadImage, match=str(tmp_path)):
        read_image(tmp_path)


def test_picture_too_large_to_be_true(tmp_path: Path) -> None:
    """A file of a few bytes that claims 4 gigapixels is refused before any memory is taken."""
    good = io.BytesIO()
    Image.new("L", (1, 1)).save(good, format="BMP")
    bomb = bytearray(good.getvalue())
    bomb[18:26] = struct.pack("<ii", 65000, 65000)
    (tmp_path / "bomb.bmp").write_bytes(bomb)
    with pytest.raises(BadImage, match=r"bomb\.bmp"):
        read_image(tmp_path / "bomb.bmp")


@pytest.mark.filterwarnings("ignore")  # Pillow warns before it refuses
@settings(max_examples=150, deadline=None)
@given(
    kind=st.sampled_from(["png", "jpeg", "gif", "webp", "bmp", "tiff"]),
    damage=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=8),
    kept=st.floats(0.1, 1),
)
def test_damage_is_an_error_or_a_picture_but_never_a_crash(
    tmp_path_factory: pytest.TempPathFactory, kind: str, damage: list[tuple[float, int]], kept: float
) -> None:
    buffer = io.BytesIO()
    Image.fromarray(RGB).save(buffer, format=kind)
    content = bytearray(buffer.getvalue())
    for where, value in damage:
        content[int(where * (len(content) - 1))] = value
    path = tmp_path_factory.getbasetemp() / f"damaged.{kind}"
    path.write_bytes(content[: int(len(content) * kept)])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Image, "MAX_IMAGE_PIXELS", 1_000_000)  # so that a damaged size takes no gigabytes
        try:
            image = read_image(path)
        except BadImage as error:
            assert path.name in str(error)
        else:
            assert image.dtype == np.uint8 and image.ndim == 3 and image.shape[2] == 3


# --- pictures from arrays


def test_uint8_floats_go_there_and_back_exactly() -> None:
    every = np.arange(256, dtype=np.uint8).reshape(16, 16, 1).repeat(3, axis=2)
    assert np.array_equal(to_rgb8(every.astype(np.float32) / 255), every)
    assert np.array_equal(to_rgb8(every.astype(np.uint16) * 257), every)


def test_rgb_is_not_copied() -> None:
    assert np.shares_memory(to_rgb8(RGB), RGB)


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "CMYK", "I;16"])
def test_pictures_can_be_written_to(tmp_path: Path, mode: str) -> None:
    """torch warns about arrays that cannot."""
    Image.new(mode, (3, 2)).save(tmp_path / "a.tif")
    image = read_image(tmp_path / "a.tif")
    assert image.flags.writeable and image.flags.c_contiguous and image.shape == (2, 3, 3)


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        pytest.param(np.full((2, 3), 7, np.uint8), [7, 7, 7], id="grey"),
        pytest.param(np.full((2, 3, 1), 7, np.uint8), [7, 7, 7], id="grey-with-axis"),
        pytest.param(np.array([[[100, 0]]], np.uint8), [255, 255, 255], id="grey-transparent"),
        pytest.param(np.array([[[0, 0, 0, 128]]], np.uint8), [127, 127, 127], id="half-transparent-black"),
        pytest.param(np.array([[[1.5, -0.5, 0.5]]]), [255, 0, 128], id="float-beyond-range"),
        pytest.param(np.array([[[1, 0, 0, 0.0]]], np.float16), [255, 255, 255], id="float-transparent"),
        pytest.param(np.ones((1, 1), bool), [255, 255, 255], id="bool"),
    ],
)
def test_arrays_of_every_kind(array: npt.NDArray[np.generic], expected: list[int]) -> None:
    image = to_rgb8(array)
    assert image.dtype == np.uint8 and image.shape == (*array.shape[:2], 3)
    assert image[0, 0].tolist() == expected


@pytest.mark.parametrize(
    ("array", "message"),
    [
        pytest.param(np.full((2, 2, 3), np.nan, np.float32), "NaN", id="nan"),
        pytest.param(np.full((2, 2, 3), np.inf, np.float32), "infinity", id="infinity"),
        pytest.param(np.zeros((2, 2, 3), np.int64), "int64", id="dtype"),
        pytest.param(np.zeros((1, 2, 2, 3), np.uint8), r"\(1, 2, 2, 3\)", id="batch"),
        pytest.param(np.zeros((2, 2, 5), np.uint8), r"\(2, 2, 5\)", id="channels"),
        pytest.param(np.zeros((0, 2, 3), np.uint8), r"\(0, 2, 3\)", id="no-pixels"),
        pytest.param(None, "got", id="nothing"),
    ],
)
def test_arrays_that_are_no_pictures(array: object, message: str) -> None:
    with pytest.raises(BadImage, match=message):
        to_rgb8(array)


@given(st.binary(min_size=4, max_size=4))
def test_compositing_is_right_to_the_level(pixel: bytes) -> None:
    rgba = np.frombuffer(pixel, np.uint8).reshape(1, 1, 4)
    exact = rgba[..., :3] * (rgba[..., 3:] / 255) + 255 - rgba[..., 3:].astype(float)
    assert np.abs(to_rgb8(rgba) - exact).max() <= 0.5 + 1e-9


# --- names and folders


def test_natural_order() -> None:
    names = ["f10.png", "f2.png", "F1.png", "f02.png", "10", "9", "a", "", "\u00b2x", "x\u0663"]
    ordered = sorted(names, key=natural_key)
    assert ordered.index("F1.png") < ordered.index("f02.png") < ordered.index("f2.png") < ordered.index("f10.png")
    assert ordered.index("9") < ordered.index("10")


@given(st.lists(st.text(max_size=6), max_size=8), st.randoms())
def test_natural_order_is_total_and_independent_of_the_start(names: list[str], random: Random) -> None:
    shuffled = list(names)
    random.shuffle(shuffled)
    assert sorted(names, key=natural_key) == sorted(shuffled, key=natural_key)


@given(st.text(alphabet="ab_", max_size=3), st.lists(st.integers(0, 10**12), unique=True))
def test_numbers_count(prefix: str, numbers: list[int]) -> None:
    names = [f"{prefix}{number}.png" for number in numbers]
    assert sorted(names, key=natural_key) == [f"{prefix}{number}.png" for number in sorted(numbers)]


def test_folder_listing_takes_pictures_and_videos_only(tmp_path: Path) -> None:
    for name in ("b10.PNG", "b9.jpg", "clip.MP4", "notes.txt", ".hidden.png"):
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "sub.png").mkdir()
    assert [path.name for path in list_media(tmp_path)] == ["b9.jpg", "b10.PNG", "clip.MP4"]
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadImage, match="empty holds no pictures"):
        list_media(tmp_path / "empty")


def test_moving_gif_is_a_video_and_a_still_one_a_picture(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (16, 16), colour) for colour in ((255, 0, 0), (0, 0, 255))]
    frames[0].save(tmp_path / "moving.gif", save_all=True, append_images=frames[1:], duration=100)
    frames[0].save(tmp_path / "still.gif")
    (tmp_path / "broken.gif").write_bytes(b"GIF")
    assert [is_video(tmp_path / f"{n}.gif") for n in ("moving", "still", "broken")] == [True, False, False]
    assert [is_image(tmp_path / f"{n}.gif") for n in ("moving", "still", "broken")] == [False, True, True]
    assert [frame[8, 8].argmax() for frame in Video(tmp_path / "moving.gif")] == [0, 2]


# --- video


def _frames(count: int, width: int = 64, height: int = 48) -> list[npt.NDArray[np.uint8]]:
    """Frames that differ: a white bar walks over a red, green and blue ground."""
    frames = []
    for i in range(count):
        frame = np.zeros((height, width, 3), np.uint8)
        for channel, rows in enumerate(np.array_split(np.arange(height), 3)):
            frame[rows, :, channel] = 255
        frame[:, (i * 8) % (width - 8) : (i * 8) % (width - 8) + 8] = 255
        frames.append(frame)
    return frames


def _write(path: Path, frames: list[npt.NDArray[np.uint8]], fps: Fraction | float = 25) -> Path:
    with VideoWriter(path, fps) as writer:
        for frame in frames:
            writer.write(frame)
    return path


@pytest.mark.parametrize("fps", [25, Fraction(30000, 1001), 23.976, 7.5])
def test_video_round_trip_keeps_frames_rate_and_colours(tmp_path: Path, fps: Fraction | float) -> None:
    frames = _frames(20)
    video = Video(_write(tmp_path / "a.mp4", frames, fps))
    assert float(video.fps) == pytest.approx(float(fps), rel=1e-4)
    assert video.fps == Fraction(30000, 1001) or not isinstance(fps, Fraction)
    assert (video.frames, video.size_wh) == (20, (64, 48))
    back = list(video)
    assert len(back) == 20
    assert max(np.abs(a.astype(int) - b).mean() for a, b in zip(back, frames, strict=True)) < 6
    assert np.abs(back[0][4, 40].astype(int) - [255, 0, 0]).max() < 8
    assert len(list(video)) == 20, "a video can be read twice"


def test_video_is_what_players_expect(tmp_path: Path) -> None:
    _write(tmp_path / "a.mp4", _frames(3))
    with av.open(str(tmp_path / "a.mp4")) as container:
        stream = container.streams.video[0]
        context = stream.codec_context
        assert (context.name, context.pix_fmt, context.colorspace, context.color_range) == (
            "h264",
            "yuv420p",
            1,
            1,
        )


@pytest.mark.parametrize(("width", "height"), [(63, 48), (64, 47), (33, 31), (1, 1)])
def test_odd_sizes_gain_a_copy_of_the_edge(tmp_path: Path, width: int, height: int) -> None:
    frame = np.full((height, width, 3), 90, np.uint8)
    video = Video(_write(tmp_path / "a.mp4", [frame] * 3))
    assert video.size_wh == (width + width % 2, height + height % 2)
    assert np.abs(next(iter(video)).astype(int) - 90).max() < 6


def test_memory_stays_flat(tmp_path: Path) -> None:
    """Frames are given out one at a time: none is held once the next is asked for."""
    import weakref

    video = Video(_write(tmp_path / "a.mp4", _frames(30)))
    alive: list[weakref.ref[npt.NDArray[np.uint8]]] = []
    for frame in video:
        alive.append(weakref.ref(frame))
        assert sum(ref() is not None for ref in alive) <= 2


def test_other_encoder_where_libx264_is_missing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with VideoWriter(tmp_path / "a.mp4", 25, encoders=("no_such_encoder", "mpeg4")) as writer:
        for frame in _frames(5):
            writer.write(frame)
    assert writer.encoder == "mpeg4" and "no no_such_encoder" in caplog.text
    back = list(Video(tmp_path / "a.mp4"))
    assert len(back) == 5 and np.abs(back[4].astype(int) - _frames(5)[4]).mean() < 10
    with pytest.raises(OutputError, match="no_such_encoder"):
        VideoWriter(tmp_path / "b.mp4", 25, encoders=("no_such_encoder",))


def test_failed_video_leaves_the_old_one(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.mp4", _frames(4))
    before = path.read_bytes()
    with pytest.raises(KeyboardInterrupt), VideoWriter(path, 25) as writer:
        writer.write(_frames(1)[0])
        raise KeyboardInterrupt
    with pytest.raises(BadImage, match=r"\(64, 48\), got \(10, 8\)"), VideoWriter(path, 25) as writer:
        writer.write(_frames(1)[0])
        writer.write(np.zeros((8, 10, 3), np.uint8))
    with pytest.raises(OutputError, match="at least one frame"), VideoWriter(path, 25):
        pass
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["a.mp4"]


def test_phone_video_comes_upright(tmp_path: Path) -> None:
    """A phone held upright stores a lying frame and a matrix in the track header (ISO 14496-12, tkhd)."""
    path = _write(tmp_path / "a.mp4", _frames(2))
    lying = next(iter(Video(path)))
    content = bytearray(path.read_bytes())
    matrix = content.find(b"tkhd") + 44
    quarter_turn_clockwise = (0, 1 << 16, 0, -(1 << 16), 0, 0, 0, 0, 1 << 30)
    content[matrix : matrix + 36] = struct.pack(">9i", *quarter_turn_clockwise)
    path.write_bytes(content)
    video = Video(path)
    assert video.size_wh == (48, 64)
    assert np.array_equal(next(iter(video)), np.rot90(lying, -1))


def test_video_cut_short_is_an_error(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.mp4", _frames(30))
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(BadVideo, match=r"a\.mp4 is damaged, cut short or not a video"):
        Video(path)


def test_damage_inside_is_an_error_after_the_good_frames(tmp_path: Path) -> None:
    noise = [RNG.integers(0, 256, (48, 64, 3), dtype=np.uint8) for _ in range(60)]
    path = _write(tmp_path / "a.mp4", noise)
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 4000] = b"\x55" * 4000
    path.write_bytes(content)
    seen = 0
    with pytest.raises(BadVideo, match=r"a\.mp4"):
        for _ in Video(path):
            seen += 1
    assert 0 < seen < 60


def test_what_is_no_video_is_named(tmp_path: Path) -> None:
    (tmp_path / "text.mp4").write_text("hello")
    with pytest.raises(BadVideo, match=r"text\.mp4"):
        Video(tmp_path / "text.mp4")
    with pytest.raises(BadVideo, match=r"no video .*gone\.mp4"):
        Video(tmp_path / "gone.mp4")
    with av.open(str(tmp_path / "sound.mp4"), "w") as container:
        stream = container.add_stream("aac", rate=8000)
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
        sound.rate = 8000
        container.mux([*stream.encode(sound), *stream.encode(None)])
    with pytest.raises(BadVideo, match="no pictures"):
        Video(tmp_path / "sound.mp4")


def test_names_of_cameras_and_of_the_web_are_videos() -> None:
    assert all(is_video(f"clip{suffix}") for suffix in (".M2TS", ".mts", ".3gp", ".ogv", ".mxf", ".webm"))
    assert not any(is_image(f"clip{suffix}") for suffix in (".mts", ".ogv"))


def test_a_blank_picture_is_black_and_of_a_size_that_can_be() -> None:
    assert blank((3, 2)).shape == (2, 3) and blank((3, 2), 3).shape == (2, 3, 3) and not blank((3, 2), 3).any()
    for size in ((0, 2), (3, -1), (2**31 - 1, 1), (20000, 20000)):
        with pytest.raises(BadOption, match="choose the size of the picture"):
            blank(size)


def test_pictures_that_are_too_many_together_are_refused() -> None:
    check_room(2**31)
    with pytest.raises(BadOption, match=r"2,147,483,649 pixels in all.*choose a smaller size, or fewer frames"):
        check_room(2**31 + 1)
