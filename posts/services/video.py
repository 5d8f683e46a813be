"""Video files: looks into one, makes the clean copy that may be published, takes its pictures. No rows, no storage.

The clean copy holds one picture track and at most one sound track and nothing else: what a camera writes beside them
(place, device, author, times, data tracks, notes inside the picture stream) has nowhere to stand (P7).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from typing import IO, Any, cast

import av
from av.bitstream import BitStreamFilterContext
from av.container import InputContainer, OutputContainer
from django.conf import settings
from PIL import Image

from divisions.errors import BadInput

MB = 1024 * 1024
MIME = "video/mp4"
MAX_SIDE = 1920  # of the clean copy; a bigger one is scaled down
MAX_PIXELS = 8192 * 4320
MAX_RATE = 120  # pictures a second
VIDEO_CODECS = {"h264": "H.264", "hevc": "HEVC"}
SOUND_CODECS = ("aac", "alac", "mp3", "pcm_s16le", "pcm_s16be", "pcm_s24le", "pcm_s24be")
PLAIN = ("yuv420p", "yuvj420p")  # what every browser plays
_FORMATS = "mov"  # one reader for MP4 and MOV; no other is tried, whatever the bytes pretend
_NO_NOTES = "filter_units=remove_types=6"  # H.264 SEI: where encoders and cameras write what they like
_BARE = av.codec.context.Flags.bitexact  # the encoder does not sign its work
_SOUND_RATE = 48_000
_ABOUT_A_SECOND = 1.0
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a file holds: codec names as FFmpeg's, sizes as shown (turned upright), seconds, pictures a second."""

    codec: str
    sound: str
    width: int
    height: int
    turned: int
    duration_s: float
    rate: float
    pixels: str

    @property
    def fits(self) -> bool:
        """Whether the tracks may be copied as they are: what every browser plays, upright and not too big."""
        return (
            self.codec == "h264"
            and self.sound in ("", "aac")
            and self.pixels in PLAIN
            and not self.turned
            and max(self.width, self.height) <= MAX_SIDE
        )


class CannotBeMade(Exception):
    """The clean copy cannot be made; the words are for the person who uploaded it."""


def look(file: IO[bytes], size_bytes: int) -> Facts:
    """Look into an uploaded file without reading all of it.

    Raises BadInput (field `file`), naming limit and cure: more than VIDEO_MAX_BYTES, longer than VIDEO_MAX_S, a
    container or codec that is not taken, damaged or cut off.
    """
    if size_bytes > settings.VIDEO_MAX_BYTES:
        raise too_big()
    with _opened(file) as container:
        stream = _picture_track(container)
        if stream is None:
            raise BadInput("file", "There are no moving pictures in this file.", cure="Choose the video itself.")
        _check_codecs(container, stream)
        if _is_cut(stream, size_bytes):
            raise _damaged()
        facts = _facts(container, stream)
    _check_limits(facts)
    return facts


def too_big() -> BadInput:
    """What is said of a file that is more than is taken at all."""
    return BadInput(
        "file",
        f"The file has more than {settings.VIDEO_MAX_BYTES // MB} MB.",
        cure="Export it smaller, 1080p is enough.",
    )


@contextmanager
def _opened(file: IO[bytes]) -> Iterator[InputContainer]:
    """The file as a container; every way in which FFmpeg says “broken” is said in words."""
    try:
        file.seek(0)
        with av.open(file, "r", format=_FORMATS) as container:
            yield container
    except BadInput:
        raise
    except (av.error.FFmpegError, ValueError, OverflowError, EOFError, StopIteration) as error:
        raise _damaged() from error


def _damaged() -> BadInput:
    return BadInput(
        "file", "The video is damaged, cut off or no MP4 or MOV file.", cure="Copy it from the camera again."
    )


def _picture_track(container: InputContainer) -> Any:
    """The first real picture track: a cover picture is a track, too."""
    covers = av.stream.Disposition.attached_pic
    return next((s for s in container.streams.video if not s.disposition & covers), None)


def _check_codecs(container: InputContainer, stream: Any) -> None:
    codec = stream.codec_context.name if stream.codec_context else "unknown"
    if codec not in VIDEO_CODECS:
        raise BadInput(
            "file", f"Its pictures are {codec}; H.264 and HEVC are taken.", cure="Export it as MP4 with H.264."
        )
    sound = _sound_name(container)
    if sound and sound not in SOUND_CODECS:
        raise BadInput("file", f"Its sound is {sound}; AAC is taken.", cure="Export it as MP4 with AAC sound.")


def _sound_name(container: InputContainer) -> str:
    track = next(iter(container.streams.audio), None)
    if track is None:
        return ""
    return str(track.codec_context.name) if track.codec_context else "unknown"


def _is_cut(stream: Any, size_bytes: int) -> bool:
    """Whether the file's own index promises bytes behind its end."""
    return any(entry.pos + entry.size > size_bytes for entry in stream.index_entries)


def _facts(container: InputContainer, stream: Any) -> Facts:
    first = next(container.decode(stream))
    turned = int(first.rotation) % 360
    width, height = (first.height, first.width) if turned in (90, 270) else (first.width, first.height)
    return Facts(
        codec=stream.codec_context.name,
        sound=_sound_name(container),
        width=width,
        height=height,
        turned=turned,
        duration_s=_duration_s(container, stream),
        rate=float(stream.average_rate or 0),
        pixels=first.format.name,
    )


def _duration_s(container: InputContainer, stream: Any) -> float:
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    return float(container.duration or 0) / av.time_base


def _check_limits(facts: Facts) -> None:
    longest = settings.VIDEO_MAX_S
    if facts.duration_s > longest:
        raise BadInput(
            "file",
            f"The video runs {int(facts.duration_s // 60)} min {int(facts.duration_s % 60)} s; at most "
            f"{longest // 60} min are taken.",
            cure="Cut it into parts.",
        )
    if facts.duration_s <= 0:
        raise _damaged()
    if facts.width * facts.height > MAX_PIXELS or facts.rate > MAX_RATE:
        raise BadInput(
            "file",
            f"Its pictures are {facts.width} × {facts.height}, {facts.rate:.0f} a second; at most 8192 × 4320 and "
            f"{MAX_RATE} are taken.",
            cure="Export it in 1080p.",
        )


# ---- the clean copy


def clean(file: IO[bytes], facts: Facts, target: str, progress: Progress) -> tuple[int, int]:
    """Write the clean copy to the path `target`; returns its width and height.

    `progress` is told 0 to 100 and may raise to stop the work. Raises CannotBeMade for what turns out damaged, takes
    longer than VIDEO_WORK_S or comes out bigger than VIDEO_MAX_BYTES.
    """
    watch = _Watch(facts, progress)
    try:
        file.seek(0)
        with (
            av.open(file, "r", format=_FORMATS) as source,
            av.open(target, "w", format="mp4", options={"movflags": "+faststart", "fflags": "+bitexact"}) as out,
        ):
            size = _copy(source, out, facts, watch) if facts.fits else _transcode(source, out, facts, watch)
    except av.error.FFmpegError as error:
        raise CannotBeMade("The video is damaged: it cannot be read to its end. Copy it from the camera again.") from (
            error
        )
    watch.check_end()
    return size


class _Watch:
    """Tells the progress and ends what takes too long or grows too big. Time is this process's own clock."""

    def __init__(self, facts: Facts, progress: Progress) -> None:
        self.facts, self.progress = facts, progress
        self.ends_at = time.monotonic() + settings.VIDEO_WORK_S
        self.seen_s = 0.0
        self.written = 0

    def saw(self, at_s: float) -> None:
        """A picture at this second of the video has been read."""
        self.seen_s = max(self.seen_s, at_s)
        if time.monotonic() > self.ends_at:
            minutes = settings.VIDEO_WORK_S // 60
            raise CannotBeMade(f"Making the copy took more than {minutes} minutes. Export it as 1080p with H.264.")
        self.progress(min(99, int(100 * self.seen_s / max(self.facts.duration_s, 0.001))))

    def wrote(self, size_bytes: int) -> None:
        """So many bytes more are in the copy."""
        self.written += size_bytes
        if self.written > settings.VIDEO_MAX_BYTES:
            raise CannotBeMade(f"The copy has more than {settings.VIDEO_MAX_BYTES // MB} MB. Cut it into parts.")

    def check_end(self) -> None:
        """Whether the pictures went on to where the file said that they end."""
        if self.seen_s + max(2 * _ABOUT_A_SECOND, 0.02 * self.facts.duration_s) < self.facts.duration_s:
            raise CannotBeMade(
                f"The video stops at {int(self.seen_s)} s of {int(self.facts.duration_s)} s. Copy it from the camera "
                "again."
            )


def _mux(out: OutputContainer, packets: Any, watch: _Watch) -> None:
    for packet in packets:
        watch.wrote(packet.size)
        out.mux(packet)


def _copy(source: InputContainer, out: OutputContainer, facts: Facts, watch: _Watch) -> tuple[int, int]:
    """The tracks as they are, in a container of our own."""
    picture, sound = _picture_track(source), next(iter(source.streams.audio), None)
    tracks = {track.index: out.add_stream_from_template(track) for track in (picture, sound) if track is not None}
    no_notes = BitStreamFilterContext(_NO_NOTES, in_stream=picture)
    for packet in source.demux([track for track in (picture, sound) if track is not None]):
        if packet.dts is None:
            continue
        track = tracks[packet.stream.index]
        if packet.stream.index == picture.index and packet.pts is not None:
            watch.saw(float((packet.pts + (packet.duration or 0)) * packet.time_base))
        kept = no_notes.filter(packet) if packet.stream.index == picture.index else [packet]
        for one in kept:
            one.stream = track
        _mux(out, kept, watch)
    return facts.width, facts.height


def _transcode(source: InputContainer, out: OutputContainer, facts: Facts, watch: _Watch) -> tuple[int, int]:
    """H.264 and AAC anew, upright, at most MAX_SIDE. One thread: the machine has posts to send as well."""
    picture, sound = _picture_track(source), next(iter(source.streams.audio), None)
    picture.codec_context.thread_count = 1
    width, height = _within(facts.width, facts.height, MAX_SIDE)
    encoder: Any = out.add_stream("libx264", rate=_rate(picture), options={"preset": "veryfast", "crf": "22"})
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.codec_context.thread_count = 1
    encoder.codec_context.flags |= _BARE
    encoder.codec_context.time_base = picture.time_base or Fraction(1, 90_000)
    voice: Any = out.add_stream("aac", rate=_SOUND_RATE) if sound is not None else None
    if voice is not None:
        voice.codec_context.layout, voice.codec_context.format = "stereo", "fltp"
        voice.codec_context.flags |= _BARE
    resampler = av.AudioResampler(format="fltp", layout="stereo", rate=_SOUND_RATE)
    upright = _Upright(facts, width, height)
    no_notes: BitStreamFilterContext | None = None
    for frame in source.decode([track for track in (picture, sound) if track is not None]):
        if isinstance(frame, av.VideoFrame):
            watch.saw(float(frame.time or 0) + 1 / max(facts.rate, 1))
            packets = encoder.encode(upright(frame))
            no_notes = no_notes or BitStreamFilterContext(_NO_NOTES, in_stream=encoder)
            _mux(out, [kept for packet in packets for kept in no_notes.filter(packet)], watch)
        else:
            for piece in resampler.resample(cast("av.AudioFrame", frame)):
                _mux(out, voice.encode(piece), watch)
    rest = [kept for packet in encoder.encode() for kept in (no_notes.filter(packet) if no_notes else [packet])]
    _mux(out, rest, watch)
    if voice is not None:
        for piece in resampler.resample(None):
            _mux(out, voice.encode(piece), watch)
        _mux(out, voice.encode(), watch)
    return width, height


def _rate(picture: Any) -> Fraction:
    return Fraction(picture.average_rate or 30).limit_denominator(1001)


def _within(width: int, height: int, side: int) -> tuple[int, int]:
    """Scaled down to at most `side`, even numbers (H.264 in 4:2:0 knows no others)."""
    scale = min(1.0, side / max(width, height))
    return max(2, round(width * scale) // 2 * 2), max(2, round(height * scale) // 2 * 2)


class _Upright:
    """Turns a picture as the camera was held and scales it; what a phone only notes is done to the pixels."""

    _TURNS = {90: ["cclock"], 180: ["clock", "clock"], 270: ["clock"]}

    def __init__(self, facts: Facts, width: int, height: int) -> None:
        self.turns = self._TURNS.get(facts.turned, [])
        self.width, self.height = width, height
        self.graph: Any = None

    def __call__(self, frame: Any) -> Any:
        """The picture as it is to be shown, with its time."""
        if not self.turns:
            done = frame.reformat(width=self.width, height=self.height, format="yuv420p")
            done.pts, done.time_base = frame.pts, frame.time_base
        else:
            done = self._turned(frame)
        done.pict_type = 0
        return done

    def _turned(self, frame: Any) -> Any:
        if self.graph is None:
            self.graph = av.filter.Graph()
            nodes = [
                self.graph.add_buffer(
                    width=frame.width, height=frame.height, format=frame.format, time_base=frame.time_base
                )
            ]
            nodes += [self.graph.add("transpose", turn) for turn in self.turns]
            nodes += [self.graph.add("scale", f"{self.width}:{self.height}"), self.graph.add("format", "yuv420p")]
            nodes.append(self.graph.add("buffersink"))
            self.graph.link_nodes(*nodes).configure()
        self.graph.push(frame)
        return self.graph.pull()


# ---- pictures of it


def stills(path: str, side: int) -> list[tuple[int, Image.Image]]:
    """Three pictures of a clean copy with their times in milliseconds: at 1 s (or the middle), then 40 % and 75 %."""
    with av.open(path, "r", format=_FORMATS) as container:
        stream = container.streams.video[0]
        length = _duration_s(container, stream)
        wanted = (min(_ABOUT_A_SECOND, length / 2), length * 0.4, length * 0.75)
        return [(round(at * 1000), _still(container, stream, at, side)) for at in wanted]


def _still(container: InputContainer, stream: Any, at_s: float, side: int) -> Image.Image:
    container.seek(int(at_s / stream.time_base), stream=stream)
    last = None
    for frame in container.decode(stream):
        last = frame
        if frame.time is not None and frame.time >= at_s:
            break
    if last is None:
        raise CannotBeMade("There is no picture in the video. Copy it from the camera again.")
    picture: Image.Image = last.to_image()
    picture.thumbnail((side, side), Image.Resampling.LANCZOS)
    return picture
