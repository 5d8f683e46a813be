"""What the sandbox network remembers: accounts, posts, files, in one SQLite file that survives a restart.

Rows and queries only; no platform's manners, no HTTP. Times are aware UTC, stored as RFC 3339 text.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import secrets
import sqlite3
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

OUR_APP = "ours"
OTHER_APP = "other"

_SCHEMA = """
CREATE TABLE IF NOT EXISTS account (
    id TEXT PRIMARY KEY, platform TEXT, handle TEXT, name TEXT, remote_id TEXT, token TEXT,
    refresh_token TEXT, oauth1 TEXT, protected INTEGER, follower_token TEXT, bio TEXT DEFAULT '',
    website TEXT DEFAULT '', picture TEXT DEFAULT '', UNIQUE (platform, remote_id));
CREATE TABLE IF NOT EXISTS post (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE, account TEXT, kind TEXT, author TEXT, text TEXT,
    link TEXT, media TEXT, visible INTEGER, hidden INTEGER, app TEXT, reply_to TEXT, root TEXT, history TEXT,
    key TEXT, created_at TEXT, updated_at TEXT, deleted_at TEXT, arrived_at TEXT, extra TEXT DEFAULT '{}');
CREATE INDEX IF NOT EXISTS post_by_account ON post (account, kind, created_at);
CREATE INDEX IF NOT EXISTS post_by_text ON post (account, text);
CREATE INDEX IF NOT EXISTS post_by_root ON post (root);
CREATE INDEX IF NOT EXISTS post_by_arrival ON post (arrived_at);
CREATE UNIQUE INDEX IF NOT EXISTS post_by_key ON post (account, key) WHERE key <> '';
CREATE TABLE IF NOT EXISTS media (
    id TEXT PRIMARY KEY, account TEXT, sha256 TEXT, mime TEXT, alt TEXT, created_at TEXT);
CREATE INDEX IF NOT EXISTS media_by_hash ON media (sha256);
CREATE TABLE IF NOT EXISTS blob (sha256 TEXT PRIMARY KEY, content BLOB);
CREATE TABLE IF NOT EXISTS receiver (name TEXT PRIMARY KEY, secret TEXT DEFAULT '');
CREATE TABLE IF NOT EXISTS heard (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT, id TEXT, at TEXT, body TEXT, verdict TEXT, taken INTEGER);
"""


@dataclass(slots=True, kw_only=True)
class Account:
    """One page or user; `id` is platform/handle. A protected one shows its posts only to followers."""

    platform: str
    handle: str
    name: str = ""
    remote_id: str = ""
    token: str = ""
    refresh_token: str = ""
    oauth1: dict[str, str] = field(default_factory=dict)
    protected: bool = False
    follower_token: str = ""
    bio: str = ""
    website: str = ""
    picture: str = ""

    @property
    def id(self) -> str:
        """Return the account's name in the truth and in faults."""
        return f"{self.platform}/{self.handle}"


@dataclass(slots=True, kw_only=True)
class Post:
    """One post, draft (`visible` False, no `arrived_at`) or comment; `author` is empty for the account.

    `extra` is what one platform alone knows of a post: a title, tags, a level.
    """

    id: str
    account: str
    kind: str = "post"
    author: str = ""
    text: str = ""
    link: str = ""
    media: list[dict[str, str]] = field(default_factory=list)
    visible: bool = True
    hidden: bool = False
    app: str = OUR_APP
    reply_to: str = ""
    root: str = ""
    history: list[str] = field(default_factory=list)
    key: str = ""
    created_at: str = ""
    updated_at: str = ""
    deleted_at: str = ""
    arrived_at: str = ""
    extra: dict[str, Any] = field(default_factory=dict)

    def truth(self) -> dict[str, Any]:
        """Return the line of `GET /_posts`."""
        return {
            "account": self.account,
            "id": self.id,
            "text": self.text,
            "media": [{k: item[k] for k in ("sha256", "mime", "alt")} for item in self.media],
            "key": self.key or None,
            "created_at": self.created_at,
            "deleted_at": self.deleted_at or None,
            "arrived_at": self.arrived_at,
        }


_JSON = {"media", "history", "oauth1", "extra"}
_BOOL = {"visible", "hidden", "protected"}


class Store:
    """The network's one file. Used from one thread."""

    def __init__(self, path: Path | None) -> None:
        where = ":memory:" if path is None else str(path)
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(where, isolation_level=None, check_same_thread=False)
        self._db.row_factory = sqlite3.Row
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.executescript(_SCHEMA)
        self._add_new_columns()
        self._counter = itertools.count(secrets.randbelow(1 << 20))

    def _add_new_columns(self) -> None:
        """Bring a file of an earlier version up to date: what an account and a post show besides came later."""
        known = {row["name"] for row in self._db.execute("PRAGMA table_info(account)")}
        for column in ("bio", "website", "picture"):
            if column not in known:
                self._db.execute(f"ALTER TABLE account ADD COLUMN {column} TEXT DEFAULT ''")
        if "extra" not in {row["name"] for row in self._db.execute("PRAGMA table_info(post)")}:
            self._db.execute("ALTER TABLE post ADD COLUMN extra TEXT DEFAULT '{}'")

    @property
    def connection(self) -> sqlite3.Connection:
        """The file, for parts of the network that keep rows of their own in it."""
        return self._db

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def clear(self, *, accounts: bool = False) -> None:
        """Forget posts, files and what receivers heard; with `accounts` the accounts as well."""
        for table in ("post", "media", "blob", "heard", *(("account",) if accounts else ())):
            self._db.execute(f"DELETE FROM {table}")  # noqa: S608  # names from the line above

    def number(self, at: datetime) -> int:
        """Return an id that grows with `at` (19 digits, like X's); a counter parts those of one moment."""
        return (int(at.timestamp() * 1000) << 20) | (next(self._counter) % (1 << 20))

    def put_account(self, account: Account) -> None:
        """Write an account, new or changed."""
        self._write("account", {"id": account.id, **asdict(account)})

    def account(self, account_id: str) -> Account | None:
        """Return the account called platform/handle."""
        return self._one_account("id = ?", account_id)

    def account_by_remote(self, platform: str, remote_id: str) -> Account | None:
        """Return the account with the platform's own id."""
        return self._one_account("platform = ? AND remote_id = ?", platform, remote_id)

    def account_by_token(self, platform: str, token: str) -> Account | None:
        """Return whose token this is."""
        return self._one_account("platform = ? AND token = ?", platform, token)

    def account_by_refresh_token(self, platform: str, token: str) -> Account | None:
        """Return whose refresh token this is."""
        return self._one_account("platform = ? AND refresh_token = ?", platform, token)

    def accounts(self) -> list[Account]:
        """Return all accounts by platform and name."""
        rows = self._db.execute("SELECT * FROM account ORDER BY platform, handle COLLATE NOCASE")
        return [_as_account(row) for row in rows]

    def put_post(self, post: Post) -> None:
        """Write a post, new or changed."""
        self._write("post", asdict(post))

    def post(self, post_id: str) -> Post | None:
        """Return a post, deleted ones too."""
        return next(self._posts("id = ?", post_id), None)

    def post_by_key(self, account_id: str, key: str) -> Post | None:
        """Return the post seeded under `key`."""
        return next(self._posts("account = ? AND key = ?", account_id, key), None)

    def timeline(self, account_id: str, *, before: str = "", limit: int = 100) -> list[Post]:
        """Return an account's visible posts, newest first, from the position `before` on."""
        at, _, seq = before.partition("|")
        where = (
            "account = ? AND kind = 'post' AND author = '' AND visible = 1 AND deleted_at = ''"
            " AND (? = '' OR created_at < ? OR (created_at = ? AND seq < ?))"
            " ORDER BY created_at DESC, seq DESC LIMIT ?"
        )
        return list(self._posts(where, account_id, at, at, at, int(seq or 0), limit))

    def everything(self, account_id: str) -> list[Post]:
        """Return all of an account's own posts, newest first, those that nobody sees yet too."""
        where = "account = ? AND kind = 'post' AND author = '' AND deleted_at = '' ORDER BY created_at DESC, seq DESC"
        return list(self._posts(where, account_id))

    def position(self, post: Post) -> str:
        """Return where `timeline` goes on after `post`."""
        row = self._db.execute("SELECT seq FROM post WHERE id = ?", (post.id,)).fetchone()
        return f"{post.created_at}|{row['seq']}"

    def comments(self, root: str) -> list[Post]:
        """Return what was said below a post, oldest first, hidden ones too."""
        where = "root = ? AND id <> root AND visible = 1 AND deleted_at = '' ORDER BY created_at, seq"
        return list(self._posts(where, root))

    def same_text(self, account_id: str, text: str, since: datetime) -> Post | None:
        """Return a live post of the account with the same text, made since."""
        where = "account = ? AND author = '' AND text = ? AND visible = 1 AND deleted_at = '' AND arrived_at >= ?"
        return next(self._posts(where, account_id, text, stamp(since)), None)

    def truth(self, account: str, since: str) -> Iterator[Post]:
        """Return everything that ever showed and was not said by the public, in the order it arrived."""
        where = "arrived_at <> '' AND author = ''"
        values: list[str] = []
        if account:
            where += " AND account IN (SELECT id FROM account WHERE ? IN (id, handle, remote_id))"
            values.append(account)
        if since:
            where += " AND arrived_at >= ?"
            values.append(since)
        return self._posts(where + " ORDER BY arrived_at, seq", *values)

    def put_media(self, media_id: str, account_id: str, mime: str, content: bytes, alt: str, at: str) -> str:
        """Keep an uploaded file; returns its SHA-256."""
        sha256 = hashlib.sha256(content).hexdigest()
        self._db.execute("INSERT OR IGNORE INTO blob VALUES (?, ?)", (sha256, content))
        row = {
            "id": media_id,
            "account": account_id,
            "sha256": sha256,
            "mime": mime,
            "alt": alt,
            "created_at": at,
        }
        self._write("media", row)
        return sha256

    def describe_media(self, media_id: str, alt: str) -> None:
        """Set the description of an uploaded file."""
        self._db.execute("UPDATE media SET alt = ? WHERE id = ?", (alt, media_id))

    def media(self, account_id: str, media_id: str) -> dict[str, str] | None:
        """Return an uploaded file of the account as a post carries it."""
        row = self._db.execute(
            "SELECT id, sha256, mime, alt FROM media WHERE id = ? AND account = ?", (media_id, account_id)
        ).fetchone()
        return dict(row) if row else None

    def blob(self, account_id: str, sha256: str) -> tuple[bytes, str] | None:
        """Return bytes and MIME type of a file the account uploaded."""
        row = self._db.execute(
            "SELECT content, mime FROM blob JOIN media USING (sha256) WHERE account = ? AND sha256 = ?",
            (account_id, sha256),
        ).fetchone()
        return (row["content"], row["mime"]) if row else None

    def _one_account(self, where: str, *values: str) -> Account | None:
        row = self._db.execute(f"SELECT * FROM account WHERE {where}", values).fetchone()  # noqa: S608
        return _as_account(row) if row else None

    def _posts(self, where: str, *values: Any) -> Iterator[Post]:
        for row in self._db.execute(f"SELECT * FROM post WHERE {where}", values):  # noqa: S608
            known = {key: _read(key, row[key]) for key in row.keys() if key != "seq"}  # noqa: SIM118
            yield Post(**known)

    def _write(self, table: str, values: dict[str, Any]) -> None:
        columns = ", ".join(values)
        marks = ", ".join("?" for _ in values)
        changed = ", ".join(f"{name} = excluded.{name}" for name in values if name != "id")
        self._db.execute(
            f"INSERT INTO {table} ({columns}) VALUES ({marks}) ON CONFLICT (id) DO UPDATE SET {changed}",  # noqa: S608
            [json.dumps(value) if name in _JSON else value for name, value in values.items()],
        )


def stamp(at: datetime) -> str:
    """Return a time as stored: UTC with microseconds, so that text order is time order."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def new_token() -> str:
    """Return a made-up access token."""
    return f"sandbox-{secrets.token_urlsafe(18)}"


def _as_account(row: sqlite3.Row) -> Account:
    return Account(**{key: _read(key, row[key]) for key in row.keys() if key != "id"})  # noqa: SIM118


def _read(name: str, value: Any) -> Any:
    if name in _JSON:
        return json.loads(value)
    return bool(value) if name in _BOOL else value
