"""The sign of every state, stage and finding: its colour, its icon and its word, together and once.

Read by the {% chip %} tag. Colours and forms are those of docs/look.md; the words are what officers read.
No rule about states lives here: which moves are allowed is in posts.states.
"""

from typing import NamedTuple


class Sign(NamedTuple):
    """Tone: a class suffix of chips.css; icon: a name in the USWDS sprite; word: what people read."""

    tone: str
    icon: str
    word: str


PLAIN = ""

DELIVERIES = {
    "queued": Sign(PLAIN, "schedule", "Queued"),
    "in_flight": Sign("tint", "send", "In flight"),
    "delivered": Sign("ok", "check_circle", "Delivered"),
    "awaiting_retry": Sign("due", "autorenew", "Retrying"),
    "awaiting_proof": Sign("waiting", "link", "Awaiting proof"),
    "failed": Sign("failed", "error", "Failed"),
    "uncertain": Sign("doubt", "help", "Uncertain"),
    "held": Sign("held", "lock", "Held"),
    "missed": Sign("late", "history", "Missed"),
    "cancelled": Sign("gone chip--struck", "cancel", "Cancelled"),
    "withdrawn": Sign("gone", "remove_circle", "Withdrawn"),
}

STAGES = {
    "draft": Sign(PLAIN, "edit", "Draft"),
    "in_review": Sign("waiting", "hourglass_empty", "In review"),
    "changes_requested": Sign("due", "comment", "Changes asked"),
    "approved": Sign("ok", "verified", "Approved"),
    "scheduled": Sign(PLAIN, "event", "Scheduled"),
    "expired": Sign("late", "alarm", "Expired"),
    "cancelled": DELIVERIES["cancelled"],
}

# Derived from a post's deliveries, never stored.
PRESENCES = {
    "live": Sign("ok", "public", "Live"),
    "partly_live": Sign("due", "public", "Partly live"),
    "live_corrected": Sign(PLAIN, "update", "Live, corrected"),
    "corrected": Sign(PLAIN, "update", "Corrected"),
    "withdrawn": DELIVERIES["withdrawn"],
}

FINDINGS = {
    "stop": Sign("stop", "error", "Stop"),
    "warning": Sign("warning", "warning", "Warning"),
    "note": Sign("note", "info_outline", "Note"),
}

CHANNELS = {
    "connected": Sign(PLAIN, "check_circle", "Connected"),
    "needs_attention": Sign("due", "warning", "Needs attention"),
    "paused": Sign(PLAIN, "do_not_disturb", "Paused"),
    "retired": Sign("gone", "remove_circle", "Retired"),
}

# Signs of a moment: the word is given by the page ("2 h 25 min left", "12 days late", "4 questions").
MOMENTS = {
    "clock": Sign("due", "timer", "Due"),
    "late": Sign("late", "history", "Late"),
    "check_due": Sign("waiting", "update", "Check due"),
    "questions": Sign("waiting", "comment", "Questions"),
    "public": Sign(PLAIN, "public", "Public"),
    "internal": Sign(PLAIN, "lock_outline", "Internal"),
    "sandbox": Sign(PLAIN, "science", "Sandbox"),
    "by_hand": Sign(PLAIN, "edit", "By hand"),
    "linked": Sign(PLAIN, "link", "Linked"),
    "same_words": Sign(PLAIN, "content_copy", "Same words"),
    "plain": Sign(PLAIN, "label", ""),
    "ok": Sign("ok", "check_circle", "OK"),
    "due": Sign("due", "schedule", "Due"),
    "waiting": Sign("waiting", "hourglass_empty", "Waiting"),
}

KINDS = {
    "update": Sign(PLAIN, "campaign", "Update"),
    "press_release": Sign(PLAIN, "topic", "Press release"),
    "event": Sign(PLAIN, "event", "Event"),
    "appeal": Sign(PLAIN, "search", "Appeal"),
    "safety_alert": Sign(PLAIN, "warning", "Safety alert"),
    "award": Sign(PLAIN, "military_tech", "Award"),
    "fundraiser": Sign(PLAIN, "favorite_border", "Fundraiser"),
    "faq": Sign(PLAIN, "help_outline", "FAQ"),
    "information": Sign(PLAIN, "info_outline", "Information page"),
    "blog": Sign(PLAIN, "edit", "Blog entry"),
    "media": Sign(PLAIN, "photo_camera", "Photos or video"),
    "internal_notice": Sign(PLAIN, "lock_outline", "Internal notice"),
    "qa_announcement": Sign(PLAIN, "forum", "Q&A announcement"),
}

ALL: dict[str, Sign] = {
    **MOMENTS, **KINDS, **CHANNELS, **FINDINGS, **PRESENCES, **STAGES, **DELIVERIES,
}  # fmt: skip

PLATFORMS = {
    "facebook": ("facebook", "Facebook"),
    "x": ("x", "X"),
    "youtube": ("youtube", "YouTube"),
    "nixle": ("campaign", "Nixle"),
    "mastodon": ("forum", "Mastodon"),
    "bluesky": ("cloud", "Bluesky"),
    "website": ("public", "Public page"),
    "feed": ("rss_feed", "Feeds"),
    "internal": ("lock_outline", "Internal feed"),
    "hand_off": ("edit", "By hand"),
    "email": ("mail_outline", "E-mail"),
    "webhook": ("api", "Webhook"),
}


def sign(state: object) -> Sign:
    """The sign of a state by its stored value, in any case; an unknown one is shown plainly, never a 500."""
    key = str(state or "").lower().replace("-", "_").replace(" ", "_")
    return ALL.get(key) or Sign(PLAIN, "info_outline", key.replace("_", " ").capitalize())


def platform_sign(slug: object) -> tuple[str, str]:
    """Icon and label of a platform by its slug; an unknown one gets the globe and its own slug."""
    key = str(slug or "").lower()
    return PLATFORMS.get(key) or ("public", key)
