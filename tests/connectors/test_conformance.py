"""One suite over every connector of the registry: platforms on the sandbox network over real HTTP, and those beside.

A row that a connector has nothing for skips with the reason. A connector that is added and not named here fails.
"""

import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors import http, registry
from connectors.contract import Act, Done, Next, Policy
from connectors.errors import ConnectorError, Duplicate, Misconfigured, NotAuthorised, Refused, Temporary, Uncertain
from connectors.registry import get
from connectors.sandbox import seeding
from connectors.sandbox.server import Running
from tests.connectors import wire
from tests.connectors.conftest import SPEAKERS, Blobs, Speaker, make_speaker, must_have, must_refuse_twins, post
from tests.connectors.receiver import Receiver, receiving
from tests.connectors.speakers import OWN, beside

ODD = "Café № 7 – “closed” 🚓👨‍👩‍👧‍👦 東京 İstanbul e\u0301"
LINK = "https://pd.example.org/news/1-road-closed/"
ACTS = [Act.PUBLISH, Act.EDIT, Act.REPLY, Act.WITHDRAW, Act.HIDE, Act.RESTORE]
EVERYONE = (*SPEAKERS, "email", "webhook", *OWN)
NO_REPLY = ("webhook", "website", "feed")


@pytest.fixture
def receiver(network: Running) -> Iterator[Receiver]:
    """An endpoint that OUTBOUND_ALLOW names beside the network."""
    with receiving() as found:
        http.configure(outbound_allow=[network.host_port, found.host_port], read_timeout_s=5)
        yield found


@pytest.fixture(params=EVERYONE)
def speaker(request: pytest.FixtureRequest, network: Running, calls: wire.Log, tmp_path: Path) -> Speaker:
    """Each connector there is."""
    if request.param in SPEAKERS:
        return make_speaker(request.param, network, calls)
    return beside(request.param, calls, request.getfixturevalue("receiver"), tmp_path, network)


def test_every_connector_of_the_registry_stands_in_this_suite() -> None:
    assert set(EVERYONE) == registry.spoken()
    assert {known.slug for known in registry.PLATFORMS if not known.hand_off_only} == registry.spoken()


def test_publish_shows_the_text_once(speaker: Speaker) -> None:
    must_have(speaker, speaker.shows, "page outside of the rooms above")
    receipt = speaker.publish("Road closed until six.")
    (shown,) = speaker.truth()
    assert (shown["text"], shown["id"]) == ("Road closed until six.", receipt.remote_id)
    assert "Road closed until six." in speaker.reads(receipt.url)


def test_publish_keeps_every_character(speaker: Speaker) -> None:
    must_have(speaker, speaker.shows, "page outside of the rooms above")
    speaker.publish(ODD)
    (shown,) = speaker.truth()
    assert shown["text"] == speaker.connector.render(speaker.outgoing(ODD), speaker.connector.capabilities()).text


def test_publish_carries_the_link(speaker: Speaker) -> None:
    must_have(speaker, speaker.shows, "page outside of the rooms above")
    receipt = speaker.publish(link=LINK)
    assert f'href="{LINK}"' in speaker.reads(receipt.url)


def test_publish_shows_the_image_with_its_description(speaker: Speaker) -> None:
    must_have(speaker, speaker.shows, "page outside of the rooms above")
    must_have(speaker, "image" in speaker.connector.capabilities().media.kinds, "images")
    receipt = speaker.publish(media=(speaker.image('A map with "two" <roads>'),))
    (shown,) = speaker.truth()
    assert [item["alt"] for item in shown["media"]] == ['A map with "two" <roads>']
    assert 'alt="A map with &quot;two&quot; &lt;roads&gt;"' in speaker.reads(receipt.url)


def test_publish_keeps_the_order_of_several_images(speaker: Speaker) -> None:
    must_have(speaker, speaker.shows, "page outside of the rooms above")
    must_have(speaker, speaker.connector.capabilities().media.count >= 4, "posts with four images")
    images = tuple(speaker.image(f"Picture {n}", content=b"\x89PNG %d" % n) for n in range(1, 5))
    speaker.publish(media=images)
    (shown,) = speaker.truth()
    assert [item["alt"] for item in shown["media"]] == [image.alt for image in images]
    if "sha256" in shown["media"][0]:  # a mail leads to its pictures by their addresses
        assert [item["sha256"] for item in shown["media"]] == [image.sha256 for image in images]


def test_publish_sends_only_the_bytes_that_were_approved(speaker: Speaker) -> None:
    must_have(speaker, speaker.carries_bytes, "files of its own: pictures are links")
    must_have(speaker, bool(speaker.connector.capabilities().media.kinds), "media")
    image = speaker.image()
    speaker.blobs[image.sha256] = b"other bytes"
    with pytest.raises(Refused, match="not the one that was approved"):
        speaker.publish(media=(image,))
    assert speaker.truth() == []


def test_a_missing_file_is_the_posts_trouble_and_an_unreadable_one_may_come_back(speaker: Speaker) -> None:
    must_have(speaker, speaker.carries_bytes, "files of its own: pictures are links")
    must_have(speaker, bool(speaker.connector.capabilities().media.kinds), "media")
    image = speaker.image()
    speaker.blobs.clear()
    with pytest.raises(Refused, match="is not there"):
        speaker.publish(media=(image,))

    class Broken(Blobs):
        def read(self, sha256: str) -> bytes:
            raise PermissionError(sha256)

    speaker.account = replace(speaker.account, blobs=Broken())
    with pytest.raises(Temporary, match="just now"):
        speaker.publish(media=(image,))
    assert speaker.calls.calls == []


def test_render_says_what_goes_out(speaker: Speaker) -> None:
    must_have(speaker, speaker.shows, "page outside of the rooms above")
    outgoing = speaker.outgoing(ODD, link=LINK, media=(speaker.image(),))
    rendered = speaker.connector.render(outgoing, speaker.connector.capabilities())
    speaker.say(outgoing)
    (shown,) = speaker.truth()
    assert shown["text"] == rendered.text
    assert [problem for problem in rendered.problems if problem.severity == "stop"] == []


def test_too_long_is_a_problem_beforehand_and_refused_there(speaker: Speaker) -> None:
    must_have(speaker, speaker.connector.capabilities().max_text is not None, "limit of its text")
    limit = speaker.connector.capabilities().max_text or 0
    outgoing = speaker.outgoing("a" * (limit + 1))
    (problem,) = speaker.connector.render(outgoing, speaker.connector.capabilities()).problems
    assert (problem.code, problem.limit, problem.actual) == ("TOO_LONG", limit, limit + 1)
    with pytest.raises(Refused):
        speaker.say(outgoing)
    assert speaker.truth() == []


def test_exactly_the_limit_goes_out(speaker: Speaker) -> None:
    must_have(speaker, speaker.connector.capabilities().max_text is not None, "limit of its text")
    limit = speaker.connector.capabilities().max_text or 0
    speaker.publish("a" * limit)
    assert len(speaker.truth()) == 1


@pytest.mark.parametrize("act", ACTS)
def test_plan_is_pure(speaker: Speaker, act: Act) -> None:
    outgoing = speaker.outgoing(ODD, act=act, link=LINK, target="123", media=(speaker.image(),))
    _must_know(speaker, act)
    first, second = speaker.connector.plan(outgoing), get(speaker.platform).plan(outgoing)
    assert first == second
    assert json.dumps([s.to_json() for s in first]) == json.dumps([s.to_json() for s in second])


@pytest.mark.parametrize("act", ACTS)
def test_only_the_last_step_may_show_something_unrepeatable(speaker: Speaker, act: Act) -> None:
    _must_know(speaker, act)
    steps = speaker.connector.plan(speaker.outgoing(act=act, target="123", media=(speaker.image(),)))
    assert all(step.repeatable for step in steps[:-1])
    if speaker.platform == "facebook" and act is not Act.REPLY:
        assert steps[-1].repeatable


@pytest.mark.parametrize("act", ACTS[1:])
def test_an_act_on_nothing_is_refused_in_plan(speaker: Speaker, act: Act) -> None:
    _must_know(speaker, act)
    with pytest.raises(Misconfigured, match="target"):
        speaker.connector.plan(speaker.outgoing(act=act))


def test_nothing_shows_before_the_last_step(speaker: Speaker) -> None:
    must_have(speaker, speaker.shows, "page outside of the rooms above")
    *before, _ = speaker.connector.plan(speaker.outgoing(media=(speaker.image(),)))
    state: dict[str, Any] = {}
    for step in before:
        result = speaker.through(step, state)
        assert isinstance(result, Next)
        state = result.state
    assert speaker.truth() == []


def test_edit_changes_the_words_and_leaves_one_post(speaker: Speaker) -> None:
    must_have(speaker, speaker.shows, "page outside of the rooms above")
    _must_know(speaker, Act.EDIT)
    first = speaker.publish("Road closed until six.")
    second = speaker.say(speaker.outgoing("Road closed until eight.", act=Act.EDIT, target=first.remote_id))
    (shown,) = speaker.truth()
    assert (shown["text"], shown["id"]) == ("Road closed until eight.", second.remote_id)
    assert (second.remote_id != first.remote_id) is speaker.connector.capabilities().edit.new_id
    assert "until eight" in speaker.reads(second.url)


def test_reply_stands_below_the_post(speaker: Speaker) -> None:
    _must_know(speaker, Act.REPLY)
    must_have(speaker, speaker.shows, "page outside of the rooms above")
    receipt = speaker.publish()
    reply = speaker.say(speaker.outgoing("Open again.", act=Act.REPLY, target=receipt.remote_id))
    assert "Open again." in speaker.reads(reply.url if speaker.platform == "nixle" else receipt.url)
    assert [line["id"] for line in speaker.truth()] == [receipt.remote_id, reply.remote_id]


def test_withdraw_takes_it_away_and_a_second_time_is_done_too(speaker: Speaker) -> None:
    must_have(speaker, speaker.shows, "page outside of the rooms above")
    _must_know(speaker, Act.WITHDRAW)
    receipt = speaker.publish()
    withdrawal = speaker.outgoing(act=Act.WITHDRAW, target=receipt.remote_id)
    for _ in range(2):
        assert speaker.say(withdrawal).remote_id == receipt.remote_id
        assert speaker.truth() == []
    if speaker.looked_up:
        assert speaker.connector.find(speaker.account, speaker.probe(Act.WITHDRAW, target_id=receipt.remote_id)) == ()


def test_hide_and_restore_an_answer_of_the_publics(speaker: Speaker) -> None:
    must_have(speaker, speaker.looked_up, "posts that can be looked up")
    _must_know(speaker, Act.HIDE)
    receipt = speaker.publish()
    comment_id = _answer_of_the_public(speaker, receipt.remote_id)
    for act, shown in ((Act.HIDE, False), (Act.HIDE, False), (Act.RESTORE, True)):
        speaker.say(speaker.outgoing(act=act, target=comment_id))
        assert ("When does it open?" in speaker.reads(receipt.url)) is shown


def test_comments_are_read_with_their_author(speaker: Speaker) -> None:
    must_have(speaker, speaker.connector.capabilities().comments.read, "comments")
    receipt = speaker.publish()
    comment_id = _answer_of_the_public(speaker, receipt.remote_id)
    (remote,) = speaker.connector.find(speaker.account, speaker.probe(remote_id=receipt.remote_id))
    page = speaker.connector.fetch_comments(speaker.account, remote, None)
    (comment,) = page.items
    assert (comment.remote_id, comment.text, comment.author) == (comment_id, "When does it open?", "Neighbor")
    assert comment.post_id == receipt.remote_id
    assert page.next_cursor is None


def test_our_own_answer_below_a_comment_is_told_and_marked(speaker: Speaker) -> None:
    can = speaker.connector.capabilities().comments
    must_have(speaker, can.read and can.reply, "answers to comments")
    receipt = speaker.publish()
    comment_id = _answer_of_the_public(speaker, receipt.remote_id)
    said = speaker.say(speaker.outgoing("At six.", act=Act.REPLY, target=comment_id, key="delivery-2"))
    (remote,) = speaker.connector.find(speaker.account, speaker.probe(remote_id=receipt.remote_id))
    page = speaker.connector.fetch_comments(speaker.account, remote, None)
    told = {one.remote_id: (one.ours, one.parent_id) for one in page.items}
    assert told == {comment_id: (False, None), said.remote_id: (True, comment_id)}


def test_metrics_count_answers_and_leave_out_what_is_gone(speaker: Speaker) -> None:
    must_have(speaker, speaker.looked_up, "posts that can be looked up")
    receipt = speaker.publish()
    (remote,) = speaker.connector.find(speaker.account, speaker.probe(remote_id=receipt.remote_id))
    _answer_of_the_public(speaker, receipt.remote_id)
    gone = replace(remote, remote_id=receipt.remote_id[:-1] + "0")
    counts = speaker.connector.metrics(speaker.account, [remote, gone])
    assert list(counts) == [receipt.remote_id]
    if speaker.connector.capabilities().comments.read:
        assert counts[receipt.remote_id].replies == 1


def test_find_by_link_by_text_and_by_id(speaker: Speaker) -> None:
    must_have(speaker, speaker.looked_up, "posts that can be looked up")
    receipt = speaker.publish(link=LINK, key="delivery-1")
    text = speaker.connector.render(speaker.outgoing(link=LINK), speaker.connector.capabilities()).text
    for probe in (
        speaker.probe(link=LINK),
        speaker.probe(text=text),
        speaker.probe(remote_id=receipt.remote_id),
    ):
        (found,) = speaker.connector.find(speaker.account, probe)
        assert (found.remote_id, found.url, found.ours) == (receipt.remote_id, receipt.url, True)


def test_find_takes_neither_older_posts_nor_those_of_another_app(speaker: Speaker) -> None:
    must_have(speaker, speaker.looked_up, "posts that can be looked up")
    speaker.publish("Road closed")
    speaker.fault("outside_post", value="Bridge closed")
    later = speaker.probe(text="Road closed")
    later = replace(later, since=datetime.now(UTC) + timedelta(seconds=60))
    assert speaker.connector.find(speaker.account, later) == ()
    assert speaker.connector.find(speaker.account, speaker.probe(text="Bridge closed")) == ()


def test_find_an_edit_says_what_is_there_now(speaker: Speaker) -> None:
    must_have(speaker, speaker.looked_up, "posts that can be looked up")
    _must_know(speaker, Act.EDIT)
    receipt = speaker.publish("Old words")
    speaker.say(speaker.outgoing("New words", act=Act.EDIT, target=receipt.remote_id))
    (found,) = speaker.connector.find(speaker.account, speaker.probe(Act.EDIT, target_id=receipt.remote_id))
    assert found.text == "New words"


def test_find_a_reply(speaker: Speaker) -> None:
    must_have(speaker, speaker.looked_up, "posts that can be looked up")
    receipt = speaker.publish()
    reply = speaker.say(speaker.outgoing("Open again.", act=Act.REPLY, target=receipt.remote_id, key="delivery-1"))
    probe = speaker.probe(Act.REPLY, target_id=receipt.remote_id, text="Open again.")
    (found,) = speaker.connector.find(speaker.account, probe)
    assert found.remote_id == reply.remote_id


def test_list_own_pages_through_everything_newest_first(speaker: Speaker) -> None:
    must_have(speaker, speaker.looked_up, "posts that can be looked up")
    _seed(speaker, [{"text": f"Post {n}", "created_at": f"2026-10-{n % 28 + 1:02}T08:00:00Z"} for n in range(120)])
    texts: list[str] = []
    cursor, pages = None, 0
    while pages == 0 or cursor:
        page = speaker.connector.list_own(speaker.account, cursor, None)
        texts += [remote.text for remote in page.items]
        assert list(page.items) == sorted(page.items, key=lambda r: r.created_at, reverse=True)
        cursor, pages = page.next_cursor, pages + 1
    assert len(texts) == len(set(texts)) == 120
    assert pages > 1


def test_list_own_ends_at_since(speaker: Speaker) -> None:
    must_have(speaker, speaker.looked_up, "posts that can be looked up")
    _seed(speaker, [{"text": "Old", "created_at": "2026-01-01T08:00:00Z"}])
    speaker.publish("New")
    page = speaker.connector.list_own(speaker.account, None, speaker.began - timedelta(seconds=60))
    assert [remote.text for remote in page.items] == ["New"]
    assert page.next_cursor is None


def test_list_own_tells_ours_from_those_of_another_app(speaker: Speaker) -> None:
    must_have(speaker, speaker.looked_up, "posts that can be looked up")
    speaker.publish("Ours")
    speaker.fault("outside_post", value="Theirs")
    page = speaker.connector.list_own(speaker.account, None, None)
    assert {remote.text: remote.ours for remote in page.items} == {"Ours": True, "Theirs": False}


def test_what_happens_behind_our_back_is_seen(speaker: Speaker) -> None:
    must_have(speaker, speaker.looked_up, "posts that can be looked up")
    edited, deleted = speaker.publish("One"), speaker.publish("Two")
    speaker.fault("outside_edit", value={"id": edited.remote_id, "text": "Changed outside"})
    speaker.fault("outside_delete", value={"id": deleted.remote_id})
    page = speaker.connector.list_own(speaker.account, None, None)
    assert [remote.text for remote in page.items] == ["Changed outside"]
    assert speaker.connector.find(speaker.account, speaker.probe(remote_id=deleted.remote_id)) == ()


def test_a_change_of_the_profile_behind_our_back_is_seen(speaker: Speaker) -> None:
    must_have(speaker, speaker.looked_up, "posts that can be looked up")
    must_have(speaker, speaker.platform != "nixle", "profile of its own")
    before = speaker.connector.profile(speaker.account)
    changed = {"name": "Free phones here", "bio": "Not the police", "website": "https://else.example/win"}
    speaker.fault("outside_profile", value=changed)
    after = speaker.connector.profile(speaker.account)
    assert (before.name, before.text, before.link or "") == ("Northeast", "", "")
    assert (after.name, after.text) == ("Free phones here", "Not the police")
    assert after.link == (None if before.link is None else "https://else.example/win")  # None: it does not say
    assert before.handle == after.handle == speaker.account.handle


def test_verify_says_a_good_account_is_good(speaker: Speaker) -> None:
    assert speaker.connector.verify(speaker.account).ok


def test_a_wrong_token_is_not_authorised(speaker: Speaker) -> None:
    must_have(speaker, bool(speaker.faults), "answers that fail like a platform's")
    wrong = speaker.stranger()
    assert not speaker.connector.verify(wrong).ok
    if not speaker.looked_up:
        return
    with pytest.raises(NotAuthorised):
        speaker.connector.list_own(wrong, None, None)


def test_an_expired_token_is_not_authorised_on_every_step(speaker: Speaker) -> None:
    must_have(speaker, bool(speaker.faults), "answers that fail like a platform's")
    for step, state in _all_steps(speaker):
        speaker.fault("expired", count=1)
        with pytest.raises(NotAuthorised) as caught:
            speaker.through(step, state)
        assert caught.value.status in (400, 401, 410)


def test_a_limit_is_temporary_says_when_and_counts_as_no_failure(speaker: Speaker) -> None:
    must_have(speaker, bool(speaker.faults), "answers that fail like a platform's")
    for step, state in _all_steps(speaker):
        speaker.fault("429", count=1, value=120)
        with pytest.raises(Temporary) as caught:
            speaker.through(step, state)
        assert caught.value.rate_limited
        assert 110 <= (caught.value.retry_after or 0) <= 130


@pytest.mark.parametrize("fault", ["500", "drop_after_accept", "malformed"])
def test_silence_is_temporary_on_a_repeatable_step_and_uncertain_on_any_other(speaker: Speaker, fault: str) -> None:
    must_have(speaker, fault in speaker.faults, f"answer that fails by {fault}")
    for step, state in _all_steps(speaker):
        if step.name in ("address", "look", "processed") and fault != "500":
            continue  # a read: these faults spoil writes
        speaker.fault(fault, count=1)
        with pytest.raises(Temporary if step.repeatable else Uncertain):
            speaker.through(step, state)


@pytest.mark.parametrize("fault", ["500", "drop_after_accept", "malformed"])
@pytest.mark.parametrize("act", [Act.PUBLISH, Act.EDIT, Act.REPLY])
def test_an_answer_swallowed_at_any_step_never_doubles_a_post(speaker: Speaker, act: Act, fault: str) -> None:
    must_have(speaker, fault in speaker.faults, f"answer that fails by {fault}")
    _must_know(speaker, act)
    first = speaker.publish("Road closed") if act is not Act.PUBLISH else None
    outgoing = speaker.outgoing(
        "Open again",
        act=act,
        key="delivery-1",
        link=LINK,
        target=first.remote_id if first else None,
        media=(speaker.image(),) if act is Act.PUBLISH else (),
    )
    state: dict[str, Any] = {}
    for step in speaker.connector.plan(outgoing):
        speaker.fault(fault, count=1, value="accepted")
        try:
            result = speaker.through(step, state)
        except Temporary:
            assert step.repeatable
            speaker.fault("none")
            result = speaker.through(step, state)
        except Uncertain:
            assert not step.repeatable
            speaker.fault("none")
            result = None
        state = result.state if isinstance(result, Next) else state
    text = speaker.connector.render(outgoing, speaker.connector.capabilities()).text
    assert [line["text"] for line in speaker.truth()].count(text) == 1
    if not speaker.looked_up:
        return
    probe = speaker.probe(act, target_id=first.remote_id if first else None, text=text, link=LINK)
    (found,) = speaker.connector.find(speaker.account, probe)
    assert found.text == text


def test_a_repeated_publish_leaves_one_post(speaker: Speaker) -> None:
    steps = speaker.connector.plan(speaker.outgoing(media=(speaker.image(),)))
    state: dict[str, Any] = {}
    for step in steps:
        for _ in range(2 if step.repeatable else 1):
            result = speaker.through(step, state)
        if isinstance(result, Next):
            state = result.state
    assert isinstance(result, Done)
    assert not speaker.shows or len(speaker.truth()) == 1


def test_a_wrong_clock_there_changes_nothing_we_rely_on(speaker: Speaker) -> None:
    must_have(speaker, speaker.looked_up, "posts that can be looked up")
    speaker.fault("skew", value=3600)
    receipt = speaker.publish(link=LINK, key="delivery-1")
    (found,) = speaker.connector.find(speaker.account, speaker.probe(link=LINK))
    assert found.remote_id == receipt.remote_id
    speaker.fault("429", count=1, value=60)
    with pytest.raises(Temporary) as caught:
        speaker.connector.list_own(speaker.account, None, None)
    assert (caught.value.retry_after or 0) <= 70


def test_latency_and_a_dripping_answer_end_well_within_the_time(speaker: Speaker) -> None:
    must_have(speaker, speaker.looked_up, "posts that can be looked up")
    speaker.fault("latency", count=1, value=50)
    speaker.fault("slow", count=1, value=50)
    speaker.publish()
    assert len(speaker.truth()) == 1


def test_a_dripping_answer_is_not_waited_for_for_ever(speaker: Speaker, network: Any) -> None:
    must_have(speaker, speaker.looked_up, "posts that can be looked up")
    http.configure(outbound_allow=[network.host_port], read_timeout_s=0.3)
    speaker.fault("slow", count=1, value=4000)
    with pytest.raises(Temporary):
        speaker.connector.list_own(speaker.account, None, None)


def test_secrets_stand_in_no_log_no_repr_and_no_error(speaker: Speaker, caplog: pytest.LogCaptureFixture) -> None:
    must_have(speaker, bool(speaker.faults), "answers that fail like a platform's")
    caplog.set_level(logging.DEBUG)
    token = speaker.secret
    speaker.publish(media=(speaker.image(),))
    shown = [repr(speaker.account), repr(speaker.connector), str(http.tally())]
    for fault in set(speaker.faults) & {"expired", "500", "malformed", "429"}:
        speaker.fault(fault, count=1, value=60)
        with pytest.raises(ConnectorError) as caught:
            speaker.publish("Again")
        speaker.fault("none")
        shown += [repr(caught.value), str(caught.value), caught.value.body, repr(caught.value.__context__)]
    speaker.connector.verify(speaker.account)
    assert token not in "\n".join(shown)
    assert token not in caplog.text
    assert "connectors.http" in {record.name for record in caplog.records}


def test_a_private_address_not_named_is_refused(speaker: Speaker) -> None:
    must_have(speaker, bool(speaker.faults), "answers that fail like a platform's")
    http.configure(outbound_allow=[])
    with pytest.raises(Misconfigured, match="OUTBOUND_ALLOW"):
        speaker.publish()
    assert speaker.truth() == []


def test_sandbox_mode_without_an_address_is_our_own_fault(speaker: Speaker) -> None:
    must_have(speaker, speaker.looked_up, "posts that can be looked up")
    with pytest.raises(Misconfigured, match="api_base"):
        speaker.connector.list_own(replace(speaker.account, api_base=""), None, None)


def test_an_account_without_its_id_or_token_is_our_own_fault(speaker: Speaker) -> None:
    must_have(speaker, speaker.looked_up, "posts that can be looked up")
    for broken in (replace(speaker.account, remote_id=""), replace(speaker.account, secrets={})):
        with pytest.raises(Misconfigured, match="connect the account"):
            speaker.connector.list_own(broken, None, None)


def test_the_platforms_own_refusal_of_the_same_text_is_a_duplicate(speaker: Speaker) -> None:
    must_refuse_twins(speaker)
    speaker.fault("duplicate", count=1)
    with pytest.raises(Duplicate) as caught:
        speaker.publish()
    assert caught.value.remote_id is None


def test_policies_are_those_of_the_contract() -> None:
    assert get("facebook").ambiguous_policy is Policy.FIND_THEN_ASK
    assert get("x").ambiguous_policy is Policy.FIND_THEN_REPEAT


def _must_know(speaker: Speaker, act: Act) -> None:
    """What a platform cannot do it says in plan, and its capabilities say the same."""
    can = speaker.connector.capabilities()
    said = {
        Act.EDIT: can.edit.when != "none",
        Act.WITHDRAW: can.withdraw,
        Act.HIDE: can.comments.hide,
        Act.RESTORE: can.comments.hide,
        Act.REPLY: speaker.platform not in NO_REPLY,
    }
    assert speaker.can(act) is said.get(act, True)
    if not speaker.can(act):
        pytest.skip(f"{speaker.platform} cannot {act.value}, and says so")


def _all_steps(speaker: Speaker) -> list[tuple[Any, dict[str, Any]]]:
    """Return each step of a publication and of a reply with the state it would be run with."""
    pairs: list[tuple[Any, dict[str, Any]]] = []
    receipt = speaker.publish("The post that is there")
    for outgoing in (
        speaker.outgoing("Spoiled", media=(speaker.image(),)),
        speaker.outgoing("Answer", act=Act.REPLY, target=receipt.remote_id),
        speaker.outgoing("Edited", act=Act.EDIT, target=receipt.remote_id),
    ):
        if not speaker.can(outgoing.act):
            continue
        state: dict[str, Any] = {}
        *before, last = speaker.connector.plan(outgoing)
        for step in before:
            pairs.append((step, state))
            state = speaker.through(step, state).state
        pairs.append((last, state))
    return pairs


def _seed(speaker: Speaker, posts: list[dict[str, Any]]) -> list[str]:
    name = f"{speaker.platform}/{speaker.account.handle}"
    answer = post(f"{speaker.network.base_url}/_seed", {"account": name, "posts": posts})
    return [item["id"] for item in answer["posts"]]


def _answer_of_the_public(speaker: Speaker, post_id: str) -> str:
    """Let a neighbor answer; returns the comment's id."""
    network = speaker.network.network
    account = network.store.account(f"{speaker.platform}/{speaker.account.handle}")
    found = network.store.post(post_id)
    assert account is not None
    assert found is not None
    return seeding.comment(network, account, found, {"text": "When does it open?", "author": "Neighbor"})
