"""Videos of the library: what is taken and what is not, the clean copy (P7), and who works on it when."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import av
import pytest
from django.core.files.storage import default_storage
from django.test import override_settings
from PIL import Image

from divisions.errors import BadInput, NotAllowed, WrongMoment
from posts.models import MediaAsset, MediaState
from posts.services import intake, media, video, videos
from posts.services.media import Blobs
from records.models import LedgerEntry
from tests.films import CAPTIONS, SECRETS, added, film, ready, turned
from tests.stories import NOW, picture

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_folder(settings: Any, tmp_path: Any) -> None:
    """Copies have the same bytes and so the same names; each test looks into a folder of its own."""
    settings.MEDIA_ROOT = tmp_path


def _made(d: SimpleNamespace, data: bytes) -> MediaAsset:
    added(d.northeast, d.officer, data)
    made = videos.make_one(now=NOW)
    assert made is not None
    return made


def _tracks(sha256: str) -> list[tuple[str, str]]:
    with av.open(io.BytesIO(Blobs().read(sha256))) as container:
        return [(stream.type, stream.codec_context.name) for stream in container.streams]


# ---- the clean copy


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(lambda: film(), id="copied as it is"),
        pytest.param(lambda: film(fmt="mov"), id="from MOV"),
        pytest.param(lambda: film(codec="libx265"), id="from HEVC"),
        pytest.param(lambda: film(fmt="mov", sound="pcm_s16le"), id="plain sound"),
        pytest.param(lambda: turned(film()), id="held upright"),
        pytest.param(lambda: film(sound=""), id="without sound"),
    ],
)
def test_p7_the_copy_and_its_stills_say_nothing_but_what_they_show(
    department: SimpleNamespace, data: Callable[[], bytes]
) -> None:
    source = data()
    assert [secret for secret in SECRETS if secret in source], "the source must carry what is to be removed"
    row = _made(department, source)
    assert row.state == MediaState.READY, row.problem
    clean = Blobs().read(row.sha256)
    assert [secret for secret in SECRETS if secret in clean] == []
    assert _tracks(row.sha256) in ([("video", "h264"), ("audio", "aac")], [("video", "h264")])
    with av.open(io.BytesIO(clean)) as container:
        told = {**container.metadata, **{k: v for s in container.streams for k, v in s.metadata.items()}}
    assert set(told) <= {"major_brand", "minor_version", "compatible_brands", "language", "handler_name"}
    assert told["handler_name"] in ("VideoHandler", "SoundHandler")
    for name in [still[key] for still in row.posters for key in ("sha256", "thumb")]:
        still = Image.open(io.BytesIO(Blobs().read(name)))
        assert still.format == "JPEG"
        assert dict(still.getexif()) == {}
        assert not set(still.info) & {"exif", "xmp", "comment"}


def test_the_times_in_the_copys_boxes_are_empty(department: SimpleNamespace) -> None:
    clean = Blobs().read(_made(department, film()).sha256)
    for box in (b"mvhd", b"tkhd", b"mdhd"):
        at = clean.find(box)
        assert clean[at + 8 : at + 16] == bytes(8), box


def test_players_need_not_wait_for_the_end_of_the_file(department: SimpleNamespace) -> None:
    clean = Blobs().read(_made(department, film()).sha256)
    assert 0 < clean.find(b"moov") < clean.find(b"mdat")


def test_the_copy_runs_as_long_as_the_original(department: SimpleNamespace) -> None:
    row = _made(department, film(seconds=3, codec="libx265"))
    with av.open(io.BytesIO(Blobs().read(row.sha256))) as container:
        assert sum(1 for _ in container.decode(video=0)) == 30
    assert row.duration_ms == 3000


def test_a_video_held_upright_is_published_upright(department: SimpleNamespace) -> None:
    row = _made(department, turned(film()))
    assert (row.width, row.height) == (90, 160)


def test_a_big_video_is_scaled_down(department: SimpleNamespace) -> None:
    row = _made(department, film(size=(2560, 1440), seconds=1, rate=3, sound=""))
    assert (row.width, row.height) == (1920, 1080)


def test_the_original_is_sealed_and_kept(department: SimpleNamespace) -> None:
    row = _made(department, film())
    with default_storage.open(row.original_path) as file:
        assert file.read() == film()
        file.seek(0)
        assert media.hash_of(file) == row.original_sha256


def test_the_name_of_a_copy_is_the_hash_of_its_bytes(department: SimpleNamespace) -> None:
    row = _made(department, film())
    assert Blobs().hash_of(row.sha256) == row.sha256
    assert row.size_bytes == len(Blobs().read(row.sha256))


def test_three_stills_are_offered_and_the_first_is_at_a_second(department: SimpleNamespace) -> None:
    row = _made(department, film())
    assert [still["at_ms"] for still in row.posters] == [1000, 800, 1500]
    assert row.poster_sha256 == row.posters[0]["sha256"]
    assert row.thumb_sha256 == row.posters[0]["thumb"]


# ---- what is taken


def _with_codec(**kwargs: Any) -> Callable[[], bytes]:
    return lambda: film(told=False, **kwargs)


REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "cut off": (lambda: film()[:3000], "damaged"),
    "cut off at its very end": (lambda: _faststart()[:-200], "damaged"),
    "a head and noise": (lambda: b"\x00\x00\x00\x18ftypmp42" + bytes(range(256)) * 40, "damaged"),
    "MPEG-4 part 2": (_with_codec(codec="mpeg4"), "H.264 and HEVC are taken"),
    "Opus sound": (_with_codec(sound="libopus"), "AAC is taken"),
}


def _faststart() -> bytes:
    """A file whose index stands first, so that it opens though its end is missing."""
    source, out = io.BytesIO(film()), io.BytesIO()
    with av.open(source) as container, av.open(out, "w", format="mp4") as target:
        track = target.add_stream_from_template(container.streams.video[0])
        for packet in container.demux(container.streams.video[0]):
            if packet.dts is not None:
                packet.stream = track
                target.mux(packet)
    data = out.getvalue()
    moov = data.find(b"moov") - 4
    mdat = data.find(b"mdat") - 4
    return data if moov < mdat else data[:mdat] + data[mdat:]


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_taken_is_said_with_a_cure(department: SimpleNamespace, case: str) -> None:
    make, words = REFUSED[case]
    with pytest.raises(BadInput, match=words) as refused:
        added(department.northeast, department.officer, make())
    assert refused.value.field == "file"
    assert refused.value.cure
    assert not MediaAsset.objects.exists()
    assert not LedgerEntry.objects.filter(type="posts.media.added").exists()


@pytest.mark.parametrize(
    ("limit", "words"),
    [
        ({"VIDEO_MAX_BYTES": 2 * 1024 * 1024}, None),
        ({"VIDEO_MAX_BYTES": 1024}, "more than 0 MB"),
        ({"VIDEO_MAX_S": 1}, "runs 0 min 2 s"),
    ],
)
def test_the_limits_are_settings(department: SimpleNamespace, limit: dict[str, int], words: str | None) -> None:
    with override_settings(**limit):
        if words is None:
            assert added(department.northeast, department.officer).state == MediaState.PROCESSING
        else:
            with pytest.raises(BadInput, match=words):
                added(department.northeast, department.officer)


def test_taking_a_video_in_asks_for_the_right(department: SimpleNamespace) -> None:
    with pytest.raises(NotAllowed):
        added(department.northeast, department.auditor)


@pytest.mark.parametrize(
    ("data", "moves"),
    [
        (lambda: film(), True),
        (lambda: film(fmt="mov"), True),
        (lambda: picture().getvalue(), False),
        (lambda: picture(fmt="HEIF").getvalue(), False),
        (lambda: b"", False),
    ],
)
def test_a_file_is_what_its_first_bytes_say(data: Callable[[], bytes], moves: bool) -> None:
    assert intake.is_video(io.BytesIO(data())) is moves


def test_a_picture_goes_the_way_of_pictures(department: SimpleNamespace) -> None:
    file = picture()
    row = intake.take(
        division=department.northeast, name="a.mp4", file=file, size_bytes=100, by=department.officer, now=NOW
    )
    assert (row.mime, row.state) == ("image/jpeg", MediaState.READY)


# ---- the work


def test_nothing_is_made_twice(department: SimpleNamespace) -> None:
    _made(department, film())
    assert videos.make_one(now=NOW) is None


def test_one_video_is_made_at_a_time(department: SimpleNamespace) -> None:
    d = department
    first, second = added(d.northeast, d.officer), added(d.northeast, d.officer)
    assert videos._claim(NOW) == first
    assert videos._claim(NOW) is None
    later = NOW + videos.LEASE + timedelta(seconds=1)
    assert videos._claim(later) == first, "the worker died; its video waits longest"
    assert second.state == MediaState.PROCESSING


def test_a_worker_that_was_thought_dead_writes_nothing(department: SimpleNamespace) -> None:
    d = department
    added(d.northeast, d.officer)
    lost = videos._claim(NOW)
    assert lost is not None
    assert videos._claim(NOW + videos.LEASE + timedelta(seconds=1)) is not None
    with pytest.raises(videos._Taken):
        videos._make(lost, NOW)
    lost.refresh_from_db()
    assert lost.state == MediaState.PROCESSING
    assert not lost.sha256


def test_after_three_workers_died_a_person_is_asked(department: SimpleNamespace) -> None:
    d = department
    row = added(d.northeast, d.officer)
    moment = NOW
    for _ in range(videos.MAX_TRIES):
        assert videos._claim(moment) == row
        moment += videos.LEASE + timedelta(seconds=1)
    assert videos.make_one(now=moment) is None
    row.refresh_from_db()
    assert row.state == MediaState.FAILED
    assert "broken off three times" in row.problem


def test_a_copy_that_fails_says_why_and_is_tried_again_by_a_press(department: SimpleNamespace) -> None:
    d = department
    row = added(d.northeast, d.officer)
    with override_settings(VIDEO_WORK_S=-1):
        failed = videos.make_one(now=NOW)
    assert failed is not None
    assert failed.state == MediaState.FAILED
    assert "took more than" in failed.problem
    assert videos.make_one(now=NOW) is None, "nobody tries by itself"
    videos.try_again(asset=failed, by=d.officer, now=NOW)
    made = videos.make_one(now=NOW)
    assert made == row
    assert made.state == MediaState.READY
    with pytest.raises(WrongMoment):
        videos.try_again(asset=made, by=d.officer, now=NOW)


def test_a_copy_that_grows_too_big_is_given_up(tmp_path: Any) -> None:
    facts = video.look(io.BytesIO(film()), len(film()))
    with override_settings(VIDEO_MAX_BYTES=500), pytest.raises(video.CannotBeMade, match="MB"):
        video.clean(io.BytesIO(film()), facts, str(tmp_path / "out.mp4"), lambda percent: None)


def test_a_video_that_stops_before_its_end_is_given_up(tmp_path: Any) -> None:
    facts = replace(video.look(io.BytesIO(film()), len(film())), duration_s=10.0)
    with pytest.raises(video.CannotBeMade, match="stops at 2 s of 10 s"):
        video.clean(io.BytesIO(film()), facts, str(tmp_path / "out.mp4"), lambda percent: None)


def test_the_storage_that_lost_the_original_is_said(department: SimpleNamespace) -> None:
    d = department
    row = added(d.northeast, d.officer)
    default_storage.delete(row.original_path)
    failed = videos.make_one(now=NOW)
    assert failed is not None
    assert "could not be read" in failed.problem


def test_the_progress_is_told(department: SimpleNamespace) -> None:
    facts = video.look(io.BytesIO(film(codec="libx265")), len(film(codec="libx265")))
    told: list[int] = []
    video.clean(io.BytesIO(film(codec="libx265")), facts, default_storage.path("out.mp4"), told.append)
    assert told == sorted(told)
    assert told[0] < 30
    assert told[-1] == 99


def test_words_written_while_it_was_being_made_are_kept(department: SimpleNamespace) -> None:
    d = department
    row = added(d.northeast, d.officer)
    claimed = videos._claim(NOW)
    assert claimed is not None
    media.describe(asset=row, alt_text="Typed meanwhile, about the card", credit="Us", by=d.officer, now=NOW)
    videos._make(claimed, NOW)
    row.refresh_from_db()
    assert (row.state, row.alt_text) == (MediaState.READY, "Typed meanwhile, about the card")


# ---- what a person does with one


def test_another_still_is_chosen(department: SimpleNamespace) -> None:
    d = department
    row = ready(d.northeast, d.officer)
    other = row.posters[2]
    videos.choose_poster(asset=row, sha256=other["sha256"], by=d.officer, now=NOW)
    row.refresh_from_db()
    assert (row.poster_sha256, row.thumb_sha256) == (other["sha256"], other["thumb"])
    with pytest.raises(BadInput, match="none of its three"):
        videos.choose_poster(asset=row, sha256="0" * 64, by=d.officer, now=NOW)


def test_captions_stand_beside_it_by_their_hash(department: SimpleNamespace) -> None:
    d = department
    row = ready(d.northeast, d.officer)
    assert Blobs().hash_of(row.captions_sha256) == row.captions_sha256
    assert videos.captions_text(row.captions_sha256).startswith(
        "WEBVTT\n\n00:00:00.000 --> 00:00:01.500\nOak Street is closed."
    )


def test_captions_and_no_speech_are_not_said_at_once(department: SimpleNamespace) -> None:
    d = department
    row = ready(d.northeast, d.officer)
    with pytest.raises(BadInput, match="nobody speaks"):
        videos.caption(asset=row, text=CAPTIONS, no_speech=True, by=d.officer, now=NOW)
    videos.caption(asset=row, text="", no_speech=True, by=d.officer, now=NOW)
    row.refresh_from_db()
    assert (row.captions_sha256, row.no_speech) == ("", True)


def test_captions_behind_the_end_are_of_another_video(department: SimpleNamespace) -> None:
    d = department
    row = ready(d.northeast, d.officer)
    with pytest.raises(BadInput, match="the video ends at 00:00:02") as refused:
        videos.caption(
            asset=row, text="WEBVTT\n\n01:00.000 --> 01:02.000\nLate", no_speech=False, by=d.officer, now=NOW
        )
    assert refused.value.field == "captions"


def test_a_picture_has_no_captions(department: SimpleNamespace) -> None:
    d = department
    row = media.add(division=d.northeast, name="a.jpg", file=picture(), by=d.officer, now=NOW)
    with pytest.raises(WrongMoment):
        videos.caption(asset=row, text=CAPTIONS, no_speech=False, by=d.officer, now=NOW)


@pytest.mark.parametrize("act", ["caption", "choose_poster", "try_again"])
def test_each_act_asks_for_the_right(department: SimpleNamespace, act: str) -> None:
    d = department
    row = ready(d.northeast, d.officer)
    more: dict[str, dict[str, Any]] = {
        "caption": {"text": "", "no_speech": True},
        "choose_poster": {"sha256": row.posters[1]["sha256"]},
        "try_again": {},
    }
    with pytest.raises(NotAllowed):
        getattr(videos, act)(asset=row, by=d.auditor, now=NOW, **more[act])
