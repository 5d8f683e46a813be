"""The public pages: what was delivered, in the words that were approved, at an address for good."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta
from types import SimpleNamespace

import pytest
import time_machine
from django.test import Client

from posts.models import Delivery, Draft, Post
from posts.states import DeliveryState
from tests.stories import NOW, appeal_facts, approved, asset, draft, live, submitted

SOON = NOW + timedelta(minutes=5)


@pytest.fixture(autouse=True)
def _the_day_of_the_tests():
    """The pages ask the clock whether an appeal is open; it stands still here."""
    with time_machine.travel(SOON, tick=False):
        yield


def address(post: Post) -> str:
    """The public path of a delivered post."""
    assert post.revision
    return post.address(post.revision.title)


def withdraw(post: Post) -> None:
    """What the withdrawal's settle will do to the website delivery."""
    Delivery.objects.filter(post=post, channel__platform="website").update(
        state=DeliveryState.WITHDRAWN, state_at=NOW + timedelta(hours=1)
    )


# ---- one post


def test_a_delivered_post_is_read_at_its_address(client: Client, department: SimpleNamespace) -> None:
    d = department
    post = live(d.northeast, d.officer, d.supervisor)
    answer = client.get(address(post))
    assert answer.status_code == 200
    body = answer.content.decode()
    assert "<h1>Oak Street is closed until four</h1>" in body
    assert "<p>A water main broke. Use Elm Street. The 41 bus stops at the library.</p>" in body
    assert "Northeast Patrol Division, " in body
    assert "November 24, 2026, 9:01 a.m." in body  # Chicago, not UTC


def test_a_wrong_slug_leads_to_the_right_address(client: Client, department: SimpleNamespace) -> None:
    d = department
    post = live(d.northeast, d.officer, d.supervisor)
    answer = client.get(f"/news/{post.pk}-something-else/")
    assert (answer.status_code, answer["Location"]) == (301, address(post))


@pytest.mark.parametrize("how", [draft, submitted, approved])
def test_what_is_not_delivered_is_not_there(client: Client, department: SimpleNamespace, how: object) -> None:
    d = department
    people = (d.officer, d.supervisor) if how is approved else (d.officer,)
    made = how(d.northeast, *people, due="2026-11-24T18:00", title="Not out yet")  # type: ignore[operator]
    post = made if isinstance(made, Post) else made.post
    for path in (f"/news/{post.pk}-not-out-yet/", post.get_absolute_url()):
        assert client.get(path).status_code == 404
    for path in ("/", "/news/", "/northeast/", "/northeast/feed.atom", "/feeds/news.atom"):
        assert "Not out yet" not in client.get(path).content.decode()


@pytest.mark.parametrize("pk", ["1", "999999999", "99999999999999999999999999"])
def test_an_unknown_id_is_not_there(client: Client, department: SimpleNamespace, pk: str) -> None:
    assert client.get(f"/news/{pk}-whatever/").status_code == 404


def test_p8_a_later_draft_or_revision_does_not_change_what_is_read(client: Client, department: SimpleNamespace) -> None:
    d = department
    post = live(d.northeast, d.officer, d.supervisor)
    Draft.objects.filter(post=post).update(title="Secret new title", text="Secret new words")
    Post.objects.filter(pk=post.pk).update(title="Secret new title")
    newer = submitted(d.northeast, d.officer, title="Secret new title")
    Post.objects.filter(pk=post.pk).update(revision=newer)
    for path in (address(post), "/", "/news/", "/northeast/", "/northeast/feed.atom"):
        answer = client.get(path)
        assert answer.status_code == 200
        assert "Secret" not in answer.content.decode()


def test_a_withdrawn_post_leaves_a_tombstone_that_does_not_repeat_it(
    client: Client, department: SimpleNamespace
) -> None:
    d = department
    post = live(d.northeast, d.officer, d.supervisor)
    withdraw(post)
    for path in (address(post), f"/news/{post.pk}-any-slug/"):
        answer = client.get(path)
        assert answer.status_code == 410
        body = answer.content.decode()
        assert "We removed this post" in body
        assert "November 24, 2026, 10:00 a.m." in body
        assert "Oak Street" not in body
        assert "water main" not in body
    for path in ("/", "/news/", "/northeast/", "/northeast/feed.atom", "/feeds/news.atom"):
        assert "Oak Street" not in client.get(path).content.decode()


def test_the_page_shows_picture_text_credit_and_facts(client: Client, department: SimpleNamespace) -> None:
    d = department
    picture = asset(d.northeast, d.officer, alt="Green van <from> the left")
    post = live(d.northeast, d.officer, d.supervisor, pictures=[picture], **appeal_facts(title="A green van?"))
    body = client.get(address(post)).content.decode()
    assert f'src="/media/{picture.sha256}.jpg" alt="Green van &lt;from&gt; the left"' in body
    assert "Picture: Test PD, own picture" in body
    assert '<a class="nowrap" href="tel:+12145550148">214-555-0148</a>' in body
    assert "<dd>26-118734</dd>" in body
    assert "<dd>Witness or CCTV</dd>" in body
    assert 'Open until <time datetime="2026-12-24">December 24, 2026</time>' in body


def test_an_appeal_past_its_end_says_so(client: Client, department: SimpleNamespace) -> None:
    d = department
    post = live(d.northeast, d.officer, d.supervisor, **appeal_facts(title="A green van?"))
    assert "Help us with this" in client.get("/northeast/").content.decode()
    with time_machine.travel("2026-12-26T12:00:00Z", tick=False):
        body = client.get(address(post)).content.decode()
        assert "This appeal has ended." in body
        assert "Do you know something?" not in body
        for path in ("/northeast/", "/"):
            assert "Help us with this" not in client.get(path).content.decode()


def test_an_event_says_when_and_where_and_is_announced_until_it_is_over(
    client: Client, department: SimpleNamespace
) -> None:
    d = department
    facts = {"starts_at": "2026-11-28T10:00", "ends_at": "2026-11-28T13:00", "place": "Alder Park library"}
    post = live(d.northeast, d.officer, d.supervisor, kind="event", title="Toy drive", facts=facts)
    body = client.get(address(post)).content.decode()
    assert "November 28, 2026, 10:00 a.m." in body
    assert "Alder Park library" in body
    for path in ("/northeast/", "/"):
        body = client.get(path).content.decode()
        assert "Come and meet us" in body
        assert "Saturday, 10 a.m. to 1 p.m., Alder Park library" in body
    with time_machine.travel("2026-11-28T19:00:01Z", tick=False):  # 13:00 in Chicago
        assert "Come and meet us" not in client.get("/northeast/").content.decode()
        assert "This has taken place." in client.get(address(post)).content.decode()


def test_the_page_links_to_the_other_places_that_prove_it(client: Client, department: SimpleNamespace) -> None:
    d = department
    channels = [d.northeast_website, d.facebook_northeast, d.x_department]
    post = approved(d.northeast, d.officer, d.supervisor, channels=channels)
    out = Delivery.objects.filter(post=post)
    out.filter(channel=d.northeast_website).update(state="delivered", settled_at=NOW)
    out.filter(channel=d.facebook_northeast).update(
        state="delivered", settled_at=NOW, remote_url="https://facebook.example/1"
    )
    out.filter(channel=d.x_department).update(state="delivered", settled_at=NOW, remote_url="javascript:alert(1)")
    body = client.get(address(post)).content.decode()
    assert 'href="https://facebook.example/1"' in body
    assert "javascript:" not in body


def test_markup_in_the_words_stays_words(client: Client, department: SimpleNamespace) -> None:
    d = department
    title, text = 'A "title" <script>alert(1)</script>', "Words </script><script>alert(2)</script> & more"
    facts = {"where": "<img src=x onerror=alert(3)>"}
    post = live(d.northeast, d.officer, d.supervisor, title=title, text=text, facts=facts)
    for path in (address(post), "/", "/news/", "/northeast/"):
        body = client.get(path).content.decode()
        assert "<script>alert" not in body
        assert "<img src=x" not in body
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', client.get(address(post)).content.decode())
    assert found
    data = json.loads(found.group(1))
    assert (data["@type"], data["headline"]) == ("NewsArticle", title)
    assert data["author"]["name"] == "Northeast Patrol Division"


def test_machines_read_title_picture_and_address(client: Client, department: SimpleNamespace) -> None:
    d = department
    picture = asset(d.northeast, d.officer)
    post = live(d.northeast, d.officer, d.supervisor, pictures=[picture])
    body = client.get(address(post)).content.decode()
    assert f'<link rel="canonical" href="http://testserver{address(post)}">' in body
    assert '<meta property="og:title" content="Oak Street is closed until four">' in body
    assert f'<meta property="og:image" content="http://testserver/media/{picture.sha256}.jpg">' in body
    assert 'type="application/atom+xml"' in body


# ---- caches


def test_an_unchanged_page_answers_304_and_a_changed_one_does_not(client: Client, department: SimpleNamespace) -> None:
    d = department
    post = live(d.northeast, d.officer, d.supervisor)
    first = client.get(address(post))
    assert first["Cache-Control"] == "public, max-age=60"
    assert first["Last-Modified"] == "Tue, 24 Nov 2026 15:01:00 GMT"
    assert client.get(address(post), headers={"if-none-match": first["ETag"]}).status_code == 304
    assert client.get(address(post), headers={"if-modified-since": first["Last-Modified"]}).status_code == 304
    withdraw(post)
    assert client.get(address(post), headers={"if-none-match": first["ETag"]}).status_code == 410


@pytest.mark.parametrize("path", ["/", "/news/", "/northeast/", "/official/"])
def test_lists_answer_304_while_nothing_changed(client: Client, department: SimpleNamespace, path: str) -> None:
    d = department
    first = client.get(path)
    assert client.get(path, headers={"if-none-match": first["ETag"]}).status_code == 304
    if path != "/official/":
        live(d.northeast, d.officer, d.supervisor)
        assert client.get(path, headers={"if-none-match": first["ETag"]}).status_code == 200


def test_a_safety_alert_is_never_cached(client: Client, department: SimpleNamespace) -> None:
    d = department
    facts = {"do_now": "Stay inside."}
    post = live(d.northeast, d.officer, d.supervisor, kind="safety_alert", title="Gas leak", facts=facts)
    answer = client.get(address(post))
    assert answer["Cache-Control"] == "private, no-cache"
    assert "Stay inside." in answer.content.decode()


def test_a_page_for_somebody_signed_in_is_not_put_in_shared_caches(department: SimpleNamespace, as_: object) -> None:
    answer = as_(department.officer).get("/")  # type: ignore[operator]
    assert answer["Cache-Control"] == "private, no-cache"


# ---- lists


def test_the_division_page_says_whom_to_call_and_lists_its_own_news_only(
    client: Client, department: SimpleNamespace
) -> None:
    d = department
    d.northeast.phone_desk, d.northeast.address = "214-555-0130", "3310 Alder Lake Road"
    d.northeast.save()
    live(d.northeast, d.officer, d.supervisor, title="Ours")
    live(d.central, d.stranger, d.smo, title="Theirs")
    body = client.get("/northeast/").content.decode()
    assert 'href="tel:+12145550130"' in body
    assert "3310 Alder Lake Road" in body
    assert "Ours" in body
    assert "Theirs" not in body
    assert 'href="https://facebook.example/TPDNortheast"' in body
    assert "/northeast/feed.atom" in body


def test_an_unknown_division_is_not_there(client: Client, department: SimpleNamespace) -> None:
    for path in ("/nowhere/", "/nowhere/feed.atom", "/news/?division=nowhere", "/news/?kind=nothing"):
        assert client.get(path).status_code == 404


def test_pages_without_any_post_say_so(client: Client, department: SimpleNamespace) -> None:
    assert "Nothing has been published yet" in client.get("/").content.decode()
    assert "No news of this division yet" in client.get("/northeast/").content.decode()
    assert "Nothing has been published yet" in client.get("/news/").content.decode()
    assert "Nothing published fits" in client.get("/news/?kind=award").content.decode()


@pytest.mark.django_db
def test_the_front_page_stands_even_before_a_department_is_loaded(client: Client) -> None:
    for path in ("/", "/news/", "/official/", "/feeds/news.atom", "/robots.txt"):
        assert client.get(path).status_code == 200


def test_questions_and_guides_have_their_own_place(client: Client, department: SimpleNamespace) -> None:
    d = department
    facts = {"question": "How do I get a copy of a report?"}
    live(d.northeast, d.officer, d.supervisor, kind="faq", title="Copies of reports", facts=facts)
    live(d.northeast, d.officer, d.supervisor, kind="information", title="How to commend an officer")
    body = client.get("/northeast/").content.decode()
    assert "Questions people ask" in body
    assert "How do I get a copy of a report?" in body
    assert "How it is done" in body
    assert "Copies of reports" not in client.get("/news/").content.decode()
    assert "Copies of reports" in client.get("/news/?kind=faq").content.decode()


def test_news_are_filtered_by_division_and_kind(client: Client, department: SimpleNamespace) -> None:
    d = department
    live(d.northeast, d.officer, d.supervisor, title="Northeast update")
    live(d.northeast, d.officer, d.supervisor, kind="award", title="Northeast award")
    live(d.central, d.stranger, d.smo, title="Central update")

    def seen(query: str) -> set[str]:
        body = client.get(f"/news/{query}").content.decode()
        return {t for t in ("Northeast update", "Northeast award", "Central update") if t in body}

    assert seen("") == {"Northeast update", "Northeast award", "Central update"}
    assert seen("?division=northeast") == {"Northeast update", "Northeast award"}
    assert seen("?division=northeast&kind=award") == {"Northeast award"}
    assert seen("?kind=update") == {"Northeast update", "Central update"}
    assert "Internal notice" not in client.get("/news/").content.decode()


def test_news_come_in_pages_newest_first(client: Client, department: SimpleNamespace) -> None:
    d = department
    for number in range(27):
        when = NOW - timedelta(hours=40 - number)
        live(d.northeast, d.officer, d.supervisor, title=f"Number {number:02}", now=when)
    body = client.get("/news/").content.decode()
    titles = re.findall(r">(Number \d\d)<", body)
    assert titles == [f"Number {n:02}" for n in range(26, 1, -1)]
    assert re.findall(r">(Number \d\d)<", client.get("/news/?page=2").content.decode()) == ["Number 01", "Number 00"]
    assert client.get("/news/?page=nonsense").status_code == 200


def test_the_directory_lists_every_public_account_and_no_other(client: Client, department: SimpleNamespace) -> None:
    body = client.get("/official/").content.decode()
    assert "Four accounts speak" in body
    for name in ("TPDNortheast", "TPDCentral", "TestPD", "test-police-department"):
        assert name in body
    assert "TestPDStaff" not in body
    assert "Departmental use only" not in body
    assert "If it is not on this page, it is not us" in body


def test_search_engines_are_kept_off_the_desk(client: Client) -> None:
    answer = client.get("/robots.txt")
    assert answer["Content-Type"].startswith("text/plain")
    assert "Disallow: /desk/" in answer.content.decode()


def test_no_public_page_has_a_dead_link(client: Client, department: SimpleNamespace) -> None:
    d = department
    picture = asset(d.northeast, d.officer)
    post = live(d.northeast, d.officer, d.supervisor, pictures=[picture], **appeal_facts(title="A green van?"))
    todo, done = ["/", address(post)], set()
    while todo:
        path = todo.pop()
        if path in done:
            continue
        done.add(path)
        answer = client.get(path)
        if answer.streaming:
            answer.getvalue()  # read to its end, which closes the file
        assert answer.status_code in (200, 302), path
        if answer.headers.get("Content-Type", "").startswith("text/html") and answer.status_code == 200:
            links = re.findall(r'(?:href|src)="(/[^"#]*)"', answer.content.decode())
            todo += [link.replace("&amp;", "&") for link in links if not link.startswith(("/static/", "/accounts/"))]
    assert address(post) in done
    assert "/official/" in done


# ---- queries


@pytest.mark.parametrize(
    ("path", "most"), [("/", 7), ("/northeast/", 7), ("/news/", 5), ("/official/", 3), ("/feeds/news.atom", 3)]
)
def test_a_list_asks_the_same_number_of_questions_for_one_row_and_for_ten(
    client: Client, department: SimpleNamespace, django_assert_max_num_queries: object, path: str, most: int
) -> None:
    d = department
    picture = asset(d.northeast, d.officer)
    live(d.northeast, d.officer, d.supervisor, pictures=[picture], **appeal_facts(title="A green van?"))
    with django_assert_max_num_queries(most) as few:  # type: ignore[operator]
        client.get(path)
    for number in range(9):
        live(d.northeast, d.officer, d.supervisor, pictures=[picture], title=f"Number {number}")
    with django_assert_max_num_queries(most) as many:  # type: ignore[operator]
        client.get(path)
    assert len(many.captured_queries) <= len(few.captured_queries)


def test_a_post_is_read_in_two_queries(
    client: Client, department: SimpleNamespace, django_assert_num_queries: object
) -> None:
    d = department
    picture = asset(d.northeast, d.officer)
    post = live(d.northeast, d.officer, d.supervisor, pictures=[picture], **appeal_facts(title="A green van?"))
    with django_assert_num_queries(2):  # type: ignore[operator]  # the department, the deliveries
        client.get(address(post))


def test_an_event_that_lasts_for_days_stays_announced(client: Client, department: SimpleNamespace) -> None:
    d = department
    facts = {"starts_at": "2026-11-20T10:00", "ends_at": "2026-11-29T16:00", "place": "Front desk"}
    live(d.northeast, d.officer, d.supervisor, kind="event", title="Toy drive", facts=facts)
    assert "Friday, 10 a.m. until Sunday, November 29, 4 p.m., Front desk" in client.get("/").content.decode()


def test_an_appeal_is_open_through_its_last_day(department: SimpleNamespace, client: Client) -> None:
    d = department
    live(d.northeast, d.officer, d.supervisor, **appeal_facts(title="Last day", expires_on=date(2026, 11, 24)))
    assert "Last day" in client.get("/northeast/").content.decode()
    with time_machine.travel("2026-11-25T06:00:01Z", tick=False):
        assert "Help us with this" not in client.get("/northeast/").content.decode()
