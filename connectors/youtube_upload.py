"""Sending a film to YouTube: a session, pieces of it one call each, what to do when the session is lost, captions.

The state holds `session` (its address is a credential), `size`, `offset` (what YouTube has said it holds: the
progress), `at` (when it said so) and `asked` (how often in a row it was only asked). A run that comes later than
`FRESH` after the last word asks before it sends, so that what a broken call left behind is known first; bytes that are
there already are passed over.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from io import SEEK_END, BytesIO
from typing import IO, Any

from connectors import http
from connectors import youtube_api as api
from connectors import youtube_shapes as shapes
from connectors.base import BaseConnector
from connectors.contract import Account, BlobOpener, Next, Result, State, Step, Wait
from connectors.errors import Misconfigured, Refused, Temporary

UNIT = 256 * 1024  # Google takes pieces of a multiple of this, but for the last
PIECE = 16 * UNIT  # with 100 kB/s it is through within the lease of a claim
WHOLE = 32 * 1024 * 1024  # a film up to this is read whole and its hash compared
FRESH = timedelta(seconds=30)
MOST_QUESTIONS = 3  # a queue so slow that every word is stale by its turn must still get on
OF_A_SESSION = ("session", "size", "offset", "at", "asked", "lost", "uploads", "ids")


class Uploading(BaseConnector):
    """The first two steps of a publication. Nothing of them is seen by anybody."""

    def _session(self, account: Account, step: Step, state: State) -> Result:
        """Announce the film; the answer, an address, is stored before the first byte goes there."""
        size = self._size(account, step.payload["sha256"])
        if not size:
            raise Refused("the film is empty", cure="Attach the film again.")
        return Next({**state, **self._opened(account, step.payload, size)})

    def _send(self, account: Account, step: Step, state: State) -> Result:
        """Send the next piece, or ask how far it has got. Wait = more to send; Next = all there, with `video_id`."""
        if state.get("lost"):
            return self._recover(account, step, state)
        size, offset, asking = state["size"], int(state["offset"]), _is_stale(state)
        piece = b"" if asking else self._piece(account, step.payload["sha256"], offset, size)
        last = offset + len(piece) - 1
        answer = api.send(
            account, state["session"], piece, f"bytes */{size}" if not piece else f"bytes {offset}-{last}/{size}"
        )
        if answer.status == 308:
            return _wait({**state, "offset": api.received(answer), **_heard(state, asking)})
        if answer.status in api.LOST:
            return _wait({**state, "lost": "uploads"})
        return _arrived(account, answer, state)

    def _size(self, account: Account, sha256: str) -> int:
        """Return how long a film is; one that fits in memory is proven to be the approved one.

        A bigger one is not read here, because the first byte of a call has to leave within two seconds: whoever calls
        has compared its stored bytes with the approval before each call.
        """
        with self._opened_file(account, sha256) as file:
            size = file.seek(0, SEEK_END)
        return size if size > WHOLE else len(self._blob(account, sha256))

    def _piece(self, account: Account, sha256: str, offset: int, size: int) -> bytes:
        """Return the next piece of a film, read from its place."""
        if size <= WHOLE:
            return self._blob(account, sha256)[offset : offset + _piece_size(account)]
        with self._opened_file(account, sha256) as file:
            file.seek(offset)
            return file.read(_piece_size(account))

    def _opened_file(self, account: Account, sha256: str) -> IO[bytes]:
        if not isinstance(account.blobs, BlobOpener):
            return BytesIO(self._blob(account, sha256))
        try:
            return account.blobs.open(sha256)
        except FileNotFoundError as error:
            raise Refused(f"the film {sha256[:12]} is not there", cure="Attach the film again.") from error
        except OSError as error:
            raise Temporary(f"the film {sha256[:12]} cannot be read just now") from error

    def _opened(self, account: Account, wanted: Mapping[str, Any], size: int) -> State:
        query = {"part": "snippet,status"}
        if account.settings.get("notify_subscribers") is False:
            query["notifySubscribers"] = "false"
        video = shapes.private_video(account, wanted)
        session = api.start_session(account, query, video, wanted["mime"], size)
        return {"session": session, "size": size, "offset": 0, "at": _now(), "asked": 0}

    def _recover(self, account: Account, step: Step, state: State) -> Result:
        """The session is gone: look among the channel's newest videos for the mark, one call at a time, else anew."""
        if state["lost"] == "uploads":
            query = {"part": "contentDetails", "mine": "true"}
            channel = shapes.only(api.call(account, "GET", "channels", repeatable=True, query=query)) or {}
            return _wait({**state, "lost": "list", "uploads": shapes.uploads_playlist(channel)})
        if state["lost"] == "list":
            query = {"part": "contentDetails", "playlistId": state["uploads"], "maxResults": "50"}
            newest = shapes.items(api.call(account, "GET", "playlistItems", repeatable=True, query=query))
            return _wait({**state, "lost": "match", "ids": shapes.video_ids(newest)})
        if state["lost"] == "match" and state["ids"]:
            query = {"part": "snippet", "id": ",".join(state["ids"]), "maxResults": "50"}
            videos = shapes.items(api.call(account, "GET", "videos", repeatable=True, query=query))
            found = [str(video["id"]) for video in videos if step.payload["mark"] in shapes.tags(video)]
            return Next(_through(state, found[0])) if found else _wait({**state, "lost": "again"})
        fresh = self._opened(account, step.payload, self._size(account, step.payload["sha256"]))
        return _wait({**_without_session(state), **fresh})

    def _caption(self, account: Account, step: Step, state: State) -> Result:
        content = self._blob(account, step.payload["sha256"])
        snippet = {"videoId": state["video_id"], "language": step.payload["language"], "name": ""}
        body, content_type = _related({"snippet": snippet}, content)
        try:
            api.send_caption(account, {"part": "snippet", "uploadType": "multipart"}, body, content_type)
        except Refused as error:
            if error.status != 409:  # the track is there: an earlier try went through
                raise
        return Next(state)


def _arrived(account: Account, answer: http.Answer, state: State) -> Result:
    body = answer.json() or {}
    if 200 <= answer.status < 300 and body.get("id"):
        return Next(_through(state, str(body["id"])))
    if 200 <= answer.status < 300:
        raise Temporary("YouTube answered an upload without the video's id", status=answer.status)
    raise api.as_error(answer, account, True)


def _through(state: State, video_id: str) -> State:
    """The state after the upload: the session's address is not kept longer than it is needed."""
    return {**_without_session(state), "video_id": video_id}


def _without_session(state: State) -> State:
    return {key: value for key, value in state.items() if key not in OF_A_SESSION}


def _is_stale(state: State) -> bool:
    heard = datetime.fromisoformat(state["at"])
    return datetime.now(UTC) - heard > FRESH and int(state.get("asked", 0)) < MOST_QUESTIONS


def _heard(state: State, asking: bool) -> State:
    return {"at": _now(), "asked": int(state.get("asked", 0)) + 1 if asking else 0}


def _piece_size(account: Account) -> int:
    given = account.settings.get("upload_piece_bytes", PIECE)
    if not isinstance(given, int) or given < UNIT or given % UNIT:
        raise Misconfigured(f"the setting upload_piece_bytes is {given!r}; it is a multiple of {UNIT}")
    return given


def _wait(state: State) -> Wait:
    return Wait(state, datetime.now(UTC))


def _now() -> str:
    return datetime.now(UTC).isoformat()


def _related(described: dict[str, Any], content: bytes) -> tuple[bytes, str]:
    """Return one body of two parts, JSON and a file, as Google takes small uploads."""
    mark = "substation-captions-1f7c"
    head = f"--{mark}\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n{json.dumps(described)}\r\n"
    middle = f"--{mark}\r\nContent-Type: application/octet-stream\r\n\r\n"
    body = head.encode() + middle.encode() + content + f"\r\n--{mark}--\r\n".encode()
    return body, f"multipart/related; boundary={mark}"
