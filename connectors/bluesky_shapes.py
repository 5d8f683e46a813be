"""Records as we write them, and Bluesky's answers as the contract's shapes. Pure; no call is made here.

Names: the lexicons app.bsky.feed.post, app.bsky.embed.*, app.bsky.feed.defs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from connectors import bluesky_keys as keys
from connectors import bluesky_text, matching
from connectors.contract import Account, Act, Comment, Media, Metrics, Outgoing, Probe, Profile, Remote
from connectors.errors import Misconfigured, Temporary

POST = "app.bsky.feed.post"


def record(outgoing: Outgoing, text: str) -> dict[str, Any]:
    """Return the post's record, but for what is only known later: blobs, mentions, what it answers."""
    found: dict[str, Any] = {
        "$type": POST,
        "text": text,
        "createdAt": stamp(outgoing.planned_at),
        "langs": [outgoing.language],
    }
    facets = bluesky_text.facets(text)
    if facets:
        found["facets"] = facets
    card = _card(outgoing)
    if card:
        found["embed"] = card
    return found


def embed_images(media: tuple[Media, ...]) -> list[dict[str, Any]]:
    """Return the images as the record will carry them, their bytes still to come (`number`)."""
    images: list[dict[str, Any]] = []
    for number, item in enumerate(media, start=1):
        ratio = {"width": item.width, "height": item.height}
        known = {"aspectRatio": ratio} if item.width > 0 and item.height > 0 else {}
        images.append({"number": str(number), "alt": item.alt, **known})
    return images


def put(account: Account, wanted: Mapping[str, Any], state: Mapping[str, Any]) -> dict[str, Any]:
    """Return the call that writes the record: `swapRecord: null` = only where nothing stands under the key yet."""
    record = dict(wanted["record"])
    people = state.get("mentions", {})
    named = [
        bluesky_text.facet(record["text"], start, end, bluesky_text.mention(people[str(n)]))
        for n, (start, end) in enumerate(wanted["mentions"], start=1)
        if str(n) in people
    ]
    if named:
        facets = [*record.get("facets", []), *named]
        record["facets"] = sorted(facets, key=lambda facet: int(facet["index"]["byteStart"]))
    if wanted["images"]:
        images = [
            {**{k: v for k, v in image.items() if k != "number"}, "image": state["blobs"][image["number"]]}
            for image in wanted["images"]
        ]
        record["embed"] = {"$type": "app.bsky.embed.images", "images": images}
    if state.get("thread"):
        record["reply"] = state["thread"]
    where = {"repo": account.remote_id, "collection": POST, "rkey": wanted["rkey"]}
    return {**where, "swapRecord": None, "record": record}


def _card(outgoing: Outgoing) -> dict[str, Any] | None:
    """A card for the link of a post without images; the server makes none by itself."""
    if outgoing.act is not Act.PUBLISH or outgoing.media or not outgoing.link or not outgoing.title.strip():
        return None
    external = {"uri": outgoing.link, "title": outgoing.title.strip(), "description": urlsplit(outgoing.link).netloc}
    return {"$type": "app.bsky.embed.external", "external": external}


def uri(account: Account, rkey: str) -> str:
    """Return the address of one of the account's posts in the protocol."""
    return f"at://{account.remote_id}/{POST}/{rkey}"


def parts(remote_id: str) -> tuple[str, str, str]:
    """Return repository, collection and key of an at:// address; raises Misconfigured when it is none."""
    found = remote_id.removeprefix("at://").split("/")
    if not remote_id.startswith("at://") or len(found) != 3 or not all(found):
        raise Misconfigured(f"{remote_id[:80]!r} is no address of a Bluesky record (at://…)")
    return found[0], found[1], found[2]


def post_url(account: Account, remote_id: str) -> str:
    """Return the address people see; in the sandbox, of its page of the account."""
    rkey, handle = remote_id.rpartition("/")[2], account.handle.lstrip("@")
    if account.mode == "sandbox":
        root = account.api_base.rstrip("/").removesuffix("/bluesky")
        return f"{root}/see/bluesky/{handle}/status/{rkey}/"
    return f"https://bsky.app/profile/{handle or account.remote_id}/post/{rkey}"


def remote(account: Account, item: Mapping[str, Any]) -> Remote:
    """Return one record of the account's as the engine knows posts. `raw` holds its cid."""
    remote_id, value = str(item["uri"]), item["value"]
    rkey = remote_id.rpartition("/")[2]
    return Remote(
        remote_id=remote_id,
        url=post_url(account, remote_id),
        text=_led_to(value),
        created_at=_created(value, rkey),
        ours=keys.made_here(rkey),
        links=tuple(dict.fromkeys(_links(value))),
        pictures=_pictures(value.get("embed") or {}),
        answers=_parent(value),
        raw=dict(item),
    )


def is_sought(found: Remote, probe: Probe) -> bool:
    """Return True when a record is what a probe looks for: the very words, which Bluesky keeps as they were sent.

    Stricter than `matching`: the same link under other words is another post. Without words, the link decides.
    """
    if not probe.text:
        return matching.matches(found, probe)
    if found.ours is False or found.created_at < probe.since:
        return False
    said = {probe.text, f"{probe.text}\n{probe.link}"} if probe.link else {probe.text}
    return matching.normalised(found.text) in {matching.normalised(text) for text in said}


def comments(account: Account, post_id: str, thread: Mapping[str, Any], hidden: frozenset[str]) -> list[Comment]:
    """Return the answers of a thread, oldest first, our own marked."""
    found = [_comment(post_id, post, hidden, account.remote_id) for post in _below(thread)]
    return sorted(found, key=lambda one: one.created_at)


def metrics(view: Mapping[str, Any]) -> Metrics:
    """Return a post's counts; what is not told is None. Nobody counts views."""
    counts = {name: view.get(name) for name in ("likeCount", "replyCount", "repostCount", "quoteCount")}
    return Metrics(likes=counts["likeCount"], replies=counts["replyCount"], shares=counts["repostCount"], raw=counts)


def profile(view: Mapping[str, Any]) -> Profile:
    """Return what stands above an account's posts."""
    return Profile(
        name=str(view.get("displayName") or ""),
        handle=str(view.get("handle") or ""),
        text=str(view.get("description") or ""),
        link=str(view.get("website") or ""),
        picture=str(view.get("avatar") or ""),
    )


def references(view: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an answer to this record names: the start of its thread, and the record itself.

    Takes a record of getRecord (`value`) or a view of getPosts (`record`).
    """
    value = view.get("value") or view.get("record") or {}
    parent = {"uri": str(view["uri"]), "cid": str(view["cid"])}
    root = (value.get("reply") or {}).get("root") or parent
    return {"root": {"uri": str(root["uri"]), "cid": str(root["cid"])}, "parent": parent}


def _comment(post_id: str, post: Mapping[str, Any], hidden: frozenset[str], own_id: str) -> Comment:
    author, value, remote_id = post["author"], post["record"], str(post["uri"])
    parent = _parent(value)
    handle = str(author.get("handle") or "")
    return Comment(
        remote_id=remote_id,
        post_id=post_id,
        parent_id=parent if parent and parent != post_id else None,
        author=str(author.get("displayName") or handle),
        author_id=str(author["did"]),
        text=str(value.get("text") or ""),
        created_at=_created(value, remote_id.rpartition("/")[2]),
        hidden=remote_id in hidden,
        ours=str(author["did"]) == own_id,
        url=f"https://bsky.app/profile/{handle or author['did']}/post/{remote_id.rpartition('/')[2]}",
        raw=dict(post),
    )


def _parent(value: Mapping[str, Any]) -> str:
    """The id of what a record answers; empty for none."""
    return str(((value.get("reply") or {}).get("parent") or {}).get("uri") or "")


def _below(thread: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """All answers below a thread's start, without recursion; what is blocked or gone has no `post`."""
    waiting = list(thread.get("replies") or [])
    while waiting:
        one = waiting.pop()
        if isinstance(one.get("post"), dict):
            yield one["post"]
        waiting += one.get("replies") or []


def _led_to(value: Mapping[str, Any]) -> str:
    """Return a record's words with what they really lead to: a link may hide behind any of them, or in the card.

    Ours always show the address they lead to, so nothing of them changes.
    """
    content, last = str(value.get("text") or "").encode(), len(str(value.get("text") or "").encode())
    targets = sorted(_spans(value), reverse=True)
    for start, end, uri in targets:
        if not 0 <= start < end <= last:
            continue
        covered, last = content[start:end].decode("utf-8", "replace"), start
        if covered != uri:
            shown = uri if "." in covered and " " not in covered else f"{covered} ({uri})"
            content = content[:start] + shown.encode() + content[end:]
    text = content.decode("utf-8", "replace")
    card = str(((value.get("embed") or {}).get("external") or {}).get("uri") or "")
    return f"{text}\n{card}" if card and card not in text else text


def _spans(value: Mapping[str, Any]) -> Iterator[tuple[int, int, str]]:
    for one in value.get("facets") or []:
        index = one["index"]
        for feature in one.get("features") or []:
            if feature.get("uri"):
                yield int(index["byteStart"]), int(index["byteEnd"]), str(feature["uri"])


def _links(value: Mapping[str, Any]) -> Iterator[str]:
    for one in value.get("facets") or []:
        yield from (str(feature["uri"]) for feature in one.get("features") or [] if feature.get("uri"))
    external = (value.get("embed") or {}).get("external") or {}
    if external.get("uri"):
        yield str(external["uri"])


def _pictures(embed: Mapping[str, Any]) -> int:
    media = embed.get("media") or embed
    return len(media.get("images") or media.get("items") or ([media["video"]] if media.get("video") else []))


def _created(value: Mapping[str, Any], rkey: str) -> datetime:
    try:
        found = datetime.fromisoformat(str(value.get("createdAt")))
    except ValueError:
        made = keys.time_of(rkey)
        if made is None:
            raise Temporary("Bluesky answered a time we cannot read", status=200) from None
        return made
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def stamp(at: datetime) -> str:
    """Return a moment as records carry it: milliseconds and Z."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
