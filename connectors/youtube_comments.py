"""What people say below a channel's videos: reading it, answering it, hiding it. The videos are in `youtube`.

An answer is visible at once, so it is the only step on YouTube that is never repeated. Hidden is "rejected" there.
"""

from __future__ import annotations

from typing import Any

from connectors import matching
from connectors import youtube_api as api
from connectors import youtube_shapes as shapes
from connectors.base import MAX_PAGES, BaseConnector, reads_answers
from connectors.contract import Account, Comment, Done, Page, Probe, Receipt, Remote, Result, Step
from connectors.errors import Refused, Uncertain


class Commenting(BaseConnector):
    """Threads of comments and the answers in them."""

    @reads_answers
    def fetch_comments(self, account: Account, remote: Remote, cursor: str | None) -> Page[Comment]:
        """Return a page of comments and the answers below, our own marked; with the first what is held for review."""
        body = self._threads(account, remote.remote_id, cursor=cursor)
        found = [one for thread in shapes.items(body) for one in self._of_thread(account, thread)]
        if cursor is None:
            held = shapes.items(self._threads(account, remote.remote_id, status="heldForReview"))
            found += [shapes.top_comment(thread) for thread in held]
        items = tuple(shapes.comment(one, remote.remote_id, account) for one in found if one)
        return Page(items=items, next_cursor=shapes.next_page(body))

    def _moderate(self, account: Account, step: Step, status: str) -> Result:
        target = step.payload["target"]
        query = {"id": target, "moderationStatus": status}
        try:
            api.call(account, "POST", "comments/setModerationStatus", repeatable=True, query=query)
        except Refused as error:
            if status == "published" or not api.is_gone(error):
                raise
        return Done(Receipt(remote_id=target, url=""))

    def _reply(self, account: Account, step: Step) -> Result:
        """Answer a comment; below a video it begins a thread of its own."""
        target, text = step.payload["target"], step.payload["text"]
        query = {"part": "snippet"}
        if shapes.is_video(target):
            top = {"snippet": {"textOriginal": text}}
            thread = {"snippet": {"channelId": api.channel(account), "videoId": target, "topLevelComment": top}}
            body = api.call(account, "POST", "commentThreads", repeatable=False, query=query, json=thread)
            said = shapes.top_comment(body)
        else:
            answer = {"snippet": {"parentId": shapes.thread_of(target), "textOriginal": text}}
            said = body = api.call(account, "POST", "comments", repeatable=False, query=query, json=answer)
        remote_id = str(said.get("id") or "")
        if not remote_id:
            raise Uncertain("YouTube answered without an id", status=200)
        video_id = target if shapes.is_video(target) else str((said.get("snippet") or {}).get("videoId") or "")
        return Done(Receipt(remote_id=remote_id, url=shapes.comment_url(account, video_id, remote_id), raw=body))

    def _find_reply(self, account: Account, probe: Probe, target: str) -> tuple[Remote, ...]:
        """Look through what the channel itself said below a video, or below a comment."""
        if shapes.is_video(target):
            threads = shapes.items(self._threads(account, target))
            said = [one for thread in threads for one in self._of_thread(account, thread)]
        else:
            said = self._replies(account, shapes.thread_of(target))
        video_id = target if shapes.is_video(target) else ""
        own = [one for one in said if shapes.author_id(one) == account.remote_id]
        remotes = [shapes.comment_remote(account, one, video_id) for one in own]
        return tuple(remote for remote in remotes if matching.matches(remote, probe))

    def _threads(
        self, account: Account, video_id: str, *, cursor: str | None = None, status: str = "published"
    ) -> dict[str, Any]:
        query = {
            "part": "snippet,replies",
            "videoId": video_id,
            "maxResults": "100",
            "order": "time",
            "textFormat": "plainText",
            "moderationStatus": status,
            **({"pageToken": cursor} if cursor else {}),
        }
        return api.call(account, "GET", "commentThreads", repeatable=True, query=query)

    def _of_thread(self, account: Account, thread: dict[str, Any]) -> list[dict[str, Any]]:
        """Return a thread's first comment and all answers; only some of many come with the thread."""
        top = shapes.top_comment(thread)
        told, all_told = shapes.told_replies(thread)
        return [top, *(told if all_told else self._replies(account, str(top.get("id") or "")))]

    def _replies(self, account: Account, parent: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        token: str | None = None
        for _ in range(MAX_PAGES):
            query = {"part": "snippet", "parentId": parent, "maxResults": "100", "textFormat": "plainText"}
            query |= {"pageToken": token} if token else {}
            body = api.call(account, "GET", "comments", repeatable=True, query=query)
            found += shapes.items(body)
            token = shapes.next_page(body)
            if token is None:
                break
        return found
