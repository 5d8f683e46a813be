"""YouTube (Data API v3): a film goes up privately, is looked at until it is processed, and only then made visible.

Every step of publishing can be repeated: the upload session's address is stored before the first byte, its offset is
asked for after a break (`youtube_upload`), and making a stored id visible twice changes nothing. Only an answer to a
comment is visible at once. Calls and errors: `youtube_api`; shapes: `youtube_shapes`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from connectors import composing, delivery_code, matching
from connectors import youtube_api as api
from connectors import youtube_shapes as shapes
from connectors.base import reads_answers
from connectors.contract import (
    Account,
    Act,
    Done,
    Health,
    Metrics,
    Next,
    Outgoing,
    Page,
    Policy,
    Probe,
    Profile,
    Receipt,
    Remote,
    Result,
    Secrets,
    State,
    Step,
    Wait,
)
from connectors.errors import Duplicate, Misconfigured, NotAuthorised, NotSupported, Refused, Temporary
from connectors.youtube_comments import Commenting
from connectors.youtube_upload import Uploading

READ = "snippet,status"
MANY = 50  # ids of one call
FIRST_POLL_S, LONGEST_POLL_S = 5, 300
FAILURES = {
    "conversion": "YouTube could not convert the film.",
    "invalidFile": "YouTube does not know this kind of file.",
    "emptyFile": "The film is empty.",
    "tooSmall": "The film is too small to be one.",
    "codec": "YouTube does not know how the film is encoded.",
    "uploadAborted": "The upload was not finished.",
}


class YouTube(Uploading, Commenting):
    """Speaks the Data API for one channel."""

    platform: ClassVar[str] = "youtube"
    ambiguous_policy: ClassVar[Policy] = Policy.FIND_THEN_ASK

    def plan(self, outgoing: Outgoing) -> tuple[Step, ...]:
        """Session, bytes, processing, captions, visible; or the one or two calls of any other act. Pure."""
        if outgoing.act is Act.PUBLISH:
            return tuple(_publish_steps(outgoing))
        if outgoing.target is None:
            raise Misconfigured(f"a {outgoing.act.value} needs a target: set Outgoing.target")
        target = {"target": outgoing.target.remote_id}
        text = composing.compose(self.platform, outgoing)
        if outgoing.act is Act.EDIT:
            words = {**target, "title": outgoing.title, "description": text}
            return (
                Step(name="look", repeatable=True, payload=target),
                Step(name="edit", repeatable=True, payload=words),
            )
        if outgoing.act is Act.REPLY:
            return (Step(name="reply", repeatable=False, payload={**target, "text": text}),)
        return (Step(name=outgoing.act.value, repeatable=True, payload=target),)

    @reads_answers
    def run(self, account: Account, step: Step, state: State) -> Result:
        """Make the one call of this step. States hold `session`, `offset`, `video_id`, `kept`; see `youtube_upload`."""
        name = step.name
        if name == "session":
            return self._session(account, step, state)
        if name == "send":
            return self._send(account, step, state)
        if name == "processed":
            return self._processed(account, state)
        if name == "caption":
            return self._caption(account, step, state)
        if name == "publish":
            return self._publish(account, state)
        if name == "look":
            return self._kept(account, step, state)
        if name == "edit":
            return self._edit(account, step, state)
        if name == "withdraw":
            return self._withdraw(account, step)
        if name == "reply":
            return self._reply(account, step)
        if name in ("hide", "restore"):
            return self._moderate(account, step, "rejected" if name == "hide" else "published")
        raise self._cannot(name)

    @reads_answers
    def verify(self, account: Account) -> Health:
        """Ask which channel the sign-in is for, compare it, and name a missing permission where Google told them."""
        try:
            channel = self._mine(account, "id,snippet")
        except (NotAuthorised, Refused) as error:
            return Health(ok=False, warnings=(error.message,))
        if channel is None:
            return Health(ok=False, warnings=("this Google account has no YouTube channel",))
        scopes = tuple(account.secrets.get("scope", "").split())
        warnings = []
        if str(channel.get("id")) != account.remote_id:
            title = shapes.profile(channel).name
            warnings.append(f"the sign-in is for {title} ({channel.get('id')}), not for {account.handle}")
        if scopes and shapes.NEEDED_SCOPE not in scopes:
            warnings.append(f"the permission {shapes.NEEDED_SCOPE} is missing")
        return Health(ok=not warnings, scopes=scopes, warnings=tuple(warnings))

    def refresh(self, account: Account) -> Secrets | None:
        """Trade the refresh token for an access token of about an hour; what Google does not send anew stays."""
        known = account.secrets.get("refresh_token")
        return {**account.secrets, **api.renewed(account)} if known else None

    @reads_answers
    def find(self, account: Account, probe: Probe) -> tuple[Remote, ...]:
        """Publication: by id, else by the mark in its tags. Answer: among the comments. Else: the target as it is."""
        if probe.act is Act.REPLY and probe.target_id and not probe.remote_id:
            return self._find_reply(account, probe, probe.target_id)
        known = probe.remote_id if probe.act in (Act.PUBLISH, Act.REPLY) else probe.target_id
        if known:
            return self._read(account, known)
        return self._look_among_own(account, probe)

    @reads_answers
    def list_own(self, account: Account, cursor: str | None, since: datetime | None) -> Page[Remote]:
        """List visible videos, newest first: the uploads playlist names them, a second call tells of each."""
        playlist, _, token = (cursor or "").partition(" ")
        if not playlist:
            playlist = shapes.uploads_playlist(self._mine(account, "contentDetails") or {})
        query = {"part": "contentDetails", "playlistId": playlist, "maxResults": str(MANY)}
        body = api.call(
            account, "GET", "playlistItems", repeatable=True, query={**query, **({"pageToken": token} if token else {})}
        )
        videos = self._videos(account, shapes.video_ids(shapes.items(body)), READ)
        remotes = [shapes.remote(account, video) for video in videos if shapes.is_visible(video)]
        fresh = sorted(
            (r for r in remotes if since is None or r.created_at >= since), key=lambda r: r.created_at, reverse=True
        )
        following = shapes.next_page(body)
        goes_on = following is not None and len(fresh) == len(remotes)
        return Page(items=tuple(fresh), next_cursor=f"{playlist} {following}" if goes_on else None)

    @reads_answers
    def profile(self, account: Account) -> Profile:
        """Read the channel's name, handle and words."""
        return shapes.profile(self._mine(account, "snippet") or {})

    @reads_answers
    def metrics(self, account: Account, remotes: Sequence[Remote]) -> dict[str, Metrics]:
        """Return the counts on the videos themselves, fifty a call."""
        counts: dict[str, Metrics] = {}
        for start in range(0, len(remotes), MANY):
            ids = [remote.remote_id for remote in remotes[start : start + MANY]]
            videos = self._videos(account, ids, "statistics")
            counts.update({str(video["id"]): shapes.metrics(video) for video in videos})
        return counts

    def _processed(self, account: Account, state: State) -> Result:
        """Look whether YouTube is through with the film; a failure is told before anybody sees anything."""
        videos = self._videos(account, [state["video_id"]], "status,processingDetails")
        if not videos:
            raise Temporary("YouTube does not show the uploaded film yet", status=200)
        status = videos[0].get("status") or {}
        found = status.get("uploadStatus")
        if found == "processed":
            return Next({key: value for key, value in state.items() if key != "polls"})
        if found == "uploaded":
            polls = int(state.get("polls", 0))
            pause = min(FIRST_POLL_S * 2**polls, LONGEST_POLL_S)
            return Wait({**state, "polls": min(polls + 1, 10)}, datetime.now(UTC) + timedelta(seconds=pause))
        raise _unusable(status, state["video_id"])

    def _publish(self, account: Account, state: State) -> Result:
        video_id = state["video_id"]
        video = {"id": video_id, "status": shapes.published_status(account)}
        body = api.call(account, "PUT", "videos", repeatable=True, query={"part": "status"}, json=video)
        shown = (body.get("status") or {}).get("privacyStatus")
        if shown is None:
            raise Temporary("YouTube did not say whether the video is visible", status=200)
        if shown != shapes.visibility(account):
            cure = "Look at the video in YouTube Studio: the channel or the app may not be allowed to publish."
            raise Refused(f"YouTube keeps the video {shown}", cure=cure, status=200)
        return Done(Receipt(remote_id=video_id, url=shapes.video_url(account, video_id), raw=body))

    def _kept(self, account: Account, step: Step, state: State) -> Result:
        """Read what an edit has to say again: the whole part is replaced."""
        videos = self._videos(account, [step.payload["target"]], "snippet")
        if not videos:
            raise Refused("the video is not there (any more)", cure="Look at the channel.", status=404)
        return Next({**state, "kept": shapes.kept_snippet(videos[0])})

    def _edit(self, account: Account, step: Step, state: State) -> Result:
        target, words = step.payload["target"], step.payload
        video = {"id": target, "snippet": shapes.edited_snippet(state["kept"], words["title"], words["description"])}
        body = api.call(account, "PUT", "videos", repeatable=True, query={"part": "snippet"}, json=video)
        if not body.get("id"):
            raise Temporary("YouTube did not say that the words are changed", status=200)
        return Done(Receipt(remote_id=target, url=shapes.video_url(account, target), raw=body))

    def _withdraw(self, account: Account, step: Step) -> Result:
        target = step.payload["target"]
        try:
            api.call(account, "DELETE", "videos", repeatable=True, query={"id": target})
        except Refused as error:
            if not api.is_gone(error):
                raise
        return Done(Receipt(remote_id=target, url=""))

    def _is_sought(self, remote: Remote, probe: Probe) -> bool:
        """By the delivery's own mark; a video with another delivery's mark is never it, whatever it says."""
        if delivery_code.of(probe.key) in shapes.tags(remote.raw):
            return True
        return remote.ours is not True and matching.matches(remote, probe)

    def _read(self, account: Account, remote_id: str) -> tuple[Remote, ...]:
        if not shapes.is_video(remote_id):
            query = {"part": "snippet", "id": remote_id, "textFormat": "plainText"}
            body = api.call(account, "GET", "comments", repeatable=True, query=query)
            return tuple(shapes.comment_remote(account, item, "") for item in shapes.items(body))
        videos = self._videos(account, [remote_id], READ)
        return tuple(shapes.remote(account, video) for video in videos if shapes.is_visible(video))

    def _mine(self, account: Account, part: str) -> dict[str, Any] | None:
        """Return the channel the sign-in is for."""
        api.channel(account)
        body = api.call(account, "GET", "channels", repeatable=True, query={"part": part, "mine": "true"})
        return shapes.only(body)

    def _videos(self, account: Account, ids: Sequence[str], part: str) -> list[dict[str, Any]]:
        if not ids:
            return []
        query = {"part": part, "id": ",".join(ids), "maxResults": str(MANY)}
        return shapes.items(api.call(account, "GET", "videos", repeatable=True, query=query))


def _publish_steps(outgoing: Outgoing) -> Iterator[Step]:
    if not outgoing.media:
        raise NotSupported("youtube takes films only: this post has none")
    film = outgoing.media[0]
    upload = {
        "sha256": film.sha256,
        "mime": film.mime,
        "mark": delivery_code.of(outgoing.key),
        "title": outgoing.title,
        "description": composing.compose("youtube", outgoing),
        "language": outgoing.language,
    }
    yield Step(name="session", repeatable=True, payload=upload)
    yield Step(name="send", repeatable=True, payload=upload)
    yield Step(name="processed", repeatable=True, payload={})
    if film.captions:
        track = {"sha256": film.captions, "language": outgoing.language}
        yield Step(name="caption", repeatable=True, payload=track)
    yield Step(name="publish", repeatable=True, payload={})


def _unusable(status: dict[str, Any], video_id: str) -> Refused | Duplicate:
    """What YouTube says of a film that it will not show."""
    reason = str(status.get("failureReason") or status.get("rejectionReason") or status.get("uploadStatus") or "")
    if reason == "duplicate":
        return Duplicate("YouTube has this film on the channel already", remote_id=None, status=200, code=reason)
    words = FAILURES.get(reason, f"YouTube rejected the film: {reason}")
    cure = (
        "Export the film again (MP4, H.264) and approve it anew." if reason in FAILURES else "Look in YouTube Studio."
    )
    return Refused(words, cure=cure, status=200, code=reason, body=video_id)
