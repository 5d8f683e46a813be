"""The text that goes out, per platform, and what stands against it. Pure; never shortens, never guesses.

Counting lives in `counting`, limits in `facts`. Whether a finding stops a post is decided above; here each
problem
only says how grave it is for the platform.
"""

from __future__ import annotations

import html
import unicodedata
from collections.abc import Iterator

from connectors import counting
from connectors.contract import Act, Capabilities, Media, Outgoing, Part, Problem, Rendered

SPEAKING = (Act.PUBLISH, Act.EDIT, Act.REPLY)
OWN = ("website", "feed", "internal")
LINK_APART = ("email", "webhook")  # they say the address in a place of its own


def render(platform: str, outgoing: Outgoing, capabilities: Capabilities) -> Rendered:
    """Compose exactly the text that goes out on `platform`, count it and list the problems."""
    text = compose(platform, outgoing)
    limit = _limit(text, capabilities)
    used = counting.count(text, capabilities.counter, capabilities.url_length)
    return Rendered(
        text=text,
        count=used,
        limit=limit,
        counter=capabilities.counter,
        problems=tuple(_problems(platform, outgoing, capabilities, text, used, limit)),
        parts=_parts(platform, outgoing, text),
    )


def compose(platform: str, outgoing: Outgoing) -> str:
    """Return the outgoing text of `platform`: NFC, with the link where that platform carries it in the text.

    Facebook shows a link as a card of its own unless images are attached; Nixle adds its own short link;
    our own pages
    are what the link leads to.
    """
    text = unicodedata.normalize("NFC", outgoing.text).replace("\r\n", "\n").strip()
    if platform == "nixle":
        return counting.fold_for_sms(text)
    if platform in (*OWN, *LINK_APART) or (platform == "facebook" and card_link(outgoing)):
        return text
    return _with_link(text, outgoing.link)


def as_html(text: str) -> str:
    """Paragraphs and line breaks of plain text; everything else is escaped."""
    paragraphs = [part.strip() for part in text.split("\n\n") if part.strip()]
    return "".join(f"<p>{html.escape(part).replace(chr(10), '<br>')}</p>" for part in paragraphs)


def card_link(outgoing: Outgoing) -> str | None:
    """Return the link Facebook should show as a card: on a new post without images."""
    if outgoing.act in (Act.PUBLISH, Act.EDIT) and not outgoing.media:
        return outgoing.link
    return None


def _with_link(text: str, link: str | None) -> str:
    if not link or link in text:
        return text
    return f"{text}\n{link}" if text else link


def _limit(text: str, capabilities: Capabilities) -> int | None:
    return counting.sms_limit(text) if capabilities.counter == "gsm7" else capabilities.max_text


def _problems(
    platform: str, outgoing: Outgoing, capabilities: Capabilities, text: str, used: int, limit: int | None
) -> Iterator[Problem]:
    if outgoing.act not in SPEAKING:
        return
    yield from _text_problems(platform, text, used, limit)
    yield from _byte_problems(platform, text, capabilities)
    yield from _title_problems(platform, outgoing, capabilities)
    if platform == "nixle":
        yield from _sms_problems(text)
    if platform == "youtube":
        yield from _angle_brackets(outgoing.title, text)
    if outgoing.act is Act.PUBLISH and platform != "nixle":
        yield from _media_problems(platform, outgoing.media, capabilities)


def _text_problems(platform: str, text: str, used: int, limit: int | None) -> Iterator[Problem]:
    if not text:
        yield Problem(code="TEXT_EMPTY", field="text", message="There is no text.", cure="Write the text.")
    if limit is not None and used > limit:
        yield Problem(
            code="TOO_LONG",
            field="text",
            message=f"{used} of {limit} characters as {platform} counts them.",
            cure=f"Shorten by {used - limit}.",
            limit=limit,
            actual=used,
        )


def _byte_problems(platform: str, text: str, capabilities: Capabilities) -> Iterator[Problem]:
    size = len(text.encode())
    if capabilities.max_bytes is not None and size > capabilities.max_bytes:
        yield Problem(
            code="TOO_LONG",
            field="text",
            message=f"{size} of {capabilities.max_bytes} bytes as {platform} counts them.",
            cure="Use fewer emoji and accented letters, or shorten.",
            limit=capabilities.max_bytes,
            actual=size,
        )


def _title_problems(platform: str, outgoing: Outgoing, capabilities: Capabilities) -> Iterator[Problem]:
    limit, used = capabilities.max_title, len(outgoing.title)
    if limit is None:
        return
    if not outgoing.title.strip():
        yield Problem(
            code="TITLE_EMPTY",
            field="title",
            message="A title is missing: it is shown there above the text.",
            cure="Write a title.",
        )
    elif used > limit:
        yield Problem(
            code="TOO_LONG",
            field="title",
            message=f"The title has {used} of {limit} characters.",
            cure=f"Shorten the title by {used - limit}.",
            limit=limit,
            actual=used,
        )


def _sms_problems(text: str) -> Iterator[Problem]:
    outside = counting.outside_gsm7(text)
    if outside:
        yield Problem(
            code="NOT_GSM7",
            field="text",
            message=f"These characters cut a text message from 160 to 70: {' '.join(outside)}",
            cure="Replace them by plain letters.",
            severity="warning",
        )


def _angle_brackets(title: str, text: str) -> Iterator[Problem]:
    for field, value in (("title", title), ("text", text)):
        if "<" in value or ">" in value:
            yield Problem(
                code="CHARACTER_REFUSED",
                field=field,
                message="YouTube refuses < and > in titles and descriptions.",
                cure="Write it without < and >.",
            )


def _media_problems(platform: str, media: tuple[Media, ...], capabilities: Capabilities) -> Iterator[Problem]:
    rules = capabilities.media
    if capabilities.requires_media and not media:
        yield Problem(
            code="MEDIA_REQUIRED",
            field="media",
            message=f"A {platform} post needs a {rules.kinds[0]}.",
            cure=f"Attach a {rules.kinds[0]} or leave this channel out.",
        )
    if len(media) > rules.count:
        yield Problem(
            code="MEDIA_COUNT",
            field="media",
            message=f"{len(media)} files; {platform} takes {rules.count}.",
            cure=f"Remove {len(media) - rules.count}.",
            limit=rules.count,
            actual=len(media),
        )
    for number, item in enumerate(media, start=1):
        yield from _item_problems(platform, number, item, capabilities)


def _item_problems(platform: str, number: int, item: Media, capabilities: Capabilities) -> Iterator[Problem]:
    rules = capabilities.media
    if rules.count and item.mime not in rules.mime:
        yield Problem(
            code="MEDIA_TYPE",
            field="media",
            message=f"File {number} is {item.mime}; {platform} does not take it.",
            cure=f"Use one of {', '.join(rules.mime)}.",
        )
    if rules.max_bytes is not None and item.size_bytes > rules.max_bytes:
        yield Problem(
            code="MEDIA_SIZE",
            field="media",
            message=f"File {number} has {item.size_bytes} bytes; {platform} takes {rules.max_bytes}.",
            cure="Use a smaller version.",
            limit=rules.max_bytes,
            actual=item.size_bytes,
        )
    if rules.alt_max is not None and len(item.alt) > rules.alt_max:
        yield Problem(
            code="ALT_TOO_LONG",
            field="media",
            message=f"The description of file {number} has {len(item.alt)} of {rules.alt_max} characters.",
            cure=f"Shorten it by {len(item.alt) - rules.alt_max}.",
            limit=rules.alt_max,
            actual=len(item.alt),
        )


def _parts(platform: str, outgoing: Outgoing, text: str) -> tuple[Part, ...]:
    """What a person pastes where when the post goes out by hand."""
    if outgoing.act not in SPEAKING:
        return ()
    images = [Part(label=f"Description of image {n}", text=m.alt) for n, m in enumerate(outgoing.media, start=1)]
    if platform == "youtube":
        return (Part(label="Title", text=outgoing.title), Part(label="Description", text=text))
    if platform == "nixle":
        web = _with_link(unicodedata.normalize("NFC", outgoing.text).strip(), outgoing.link)
        return (
            Part(label="Subject", text=outgoing.title),
            Part(label="Text message", text=text),
            Part(label="Web and e-mail text", text=web),
        )
    link = outgoing.link if platform in LINK_APART else card_link(outgoing) if platform == "facebook" else None
    card = [Part(label="Link", text=link)] if link else []
    return (Part(label="Text", text=text), *card, *images)
