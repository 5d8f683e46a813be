"""The journey of signing in as a person walks it, and the pages that say no. The forms' details: test_signing_in."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.conf import settings
from django.core import mail
from django.http import HttpRequest, HttpResponse
from django.template.loader import get_template, render_to_string
from django.test import Client, RequestFactory
from django.urls import reverse

from divisions.errors import BadInput, NotAllowed, NotVisible, Refusal, WrongMoment
from divisions.middleware import RefusalMiddleware
from divisions.models import User

PASSWORD = "a long enough password"
EMAIL = "officer.somewhere@demo.example"
SIGN_IN = "/accounts/login/"


@pytest.fixture
def officer_somewhere(db: None) -> User:
    return User.objects.create_user(EMAIL, PASSWORD, name="Officer, somewhere")


def sign_in(client: Client, password: str = PASSWORD, email: str = EMAIL, **more: str) -> Any:
    return client.post(SIGN_IN, {"login": email, "password": password, **more})


def signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


# ---- in


def test_after_signing_in_a_person_stands_at_the_desk(client: Client, officer_somewhere: User):
    answer = sign_in(client)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/desk/")
    assert signed_in(client)


def test_who_was_on_the_way_somewhere_arrives_there(client: Client, officer_somewhere: User):
    shown = client.get(SIGN_IN, {"next": "/desk/wall/"}).content.decode()
    assert 'name="next"' in shown
    assert sign_in(client, next="/desk/wall/").headers["Location"] == "/desk/wall/"


@pytest.mark.parametrize(
    "address", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "/\\evil.example"]
)
def test_nobody_is_sent_out_of_the_house_by_next(client: Client, officer_somewhere: User, address: str):
    assert sign_in(client, next=address).headers["Location"] == "/desk/"


def test_a_wrong_password_is_one_line_and_the_address_stays(client: Client, officer_somewhere: User):
    words = sign_in(client, "wrong").content.decode()
    assert words.count("note note--failed") == 1
    assert f'value="{EMAIL}"' in words
    assert "wrong" not in re.sub(r"(?s)<p>.*?</p>", "", words).replace("wrong password", "")
    assert not signed_in(client)


def test_an_unknown_address_reads_like_a_wrong_password(client: Client, officer_somewhere: User):
    def line(answer: Any) -> str:
        found = re.search(r"(?s)note note--failed.*?</div>", answer.content.decode())
        assert found
        return found.group()

    assert line(sign_in(client, "wrong")) == line(sign_in(client, "wrong", "nobody@demo.example"))


def test_an_inactive_person_is_refused(client: Client, officer_somewhere: User):
    User.objects.filter(pk=officer_somewhere.pk).update(is_active=False)
    sign_in(client)
    assert not signed_in(client)


def test_somebody_made_inactive_is_out_at_the_next_click(client: Client, officer_somewhere: User):
    sign_in(client)
    User.objects.filter(pk=officer_somewhere.pk).update(is_active=False)
    answer = client.get("/accounts/password/change/")
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith(SIGN_IN)


# ---- locked


def test_the_lock_is_for_that_person_at_that_address_and_an_administrator_opens_it(
    as_: Any, officer_somewhere: User, superuser: User
):
    browser = Client()
    for _ in range(settings.AXES_FAILURE_LIMIT):
        last = sign_in(browser, "wrong")
    assert last.status_code == 429
    assert sign_in(browser).status_code == 429
    assert not signed_in(browser)
    attempt = AccessAttempt.objects.get()
    root = as_(superuser)
    assert "Locked out" in root.get("/admin/axes/accessattempt/").content.decode()
    unlock = reverse("admin:axes_accessattempt_delete", args=[attempt.pk])
    assert root.post(unlock, {"post": "yes"}).status_code == 302
    assert sign_in(browser).status_code == 302


def test_what_was_typed_as_a_password_is_kept_nowhere(
    client: Client, officer_somewhere: User, superuser: User, as_: Any
):
    sign_in(client, "my-other-password-7")
    attempt = AccessAttempt.objects.get()
    assert "my-other-password-7" not in f"{attempt.post_data}{attempt.get_data}"
    shown = as_(superuser).get(reverse("admin:axes_accessattempt_change", args=[attempt.pk])).content.decode()
    assert "my-other-password-7" not in shown


# ---- out, and back with a new password


def test_signing_out_asks_first_and_ends_the_session(client: Client, officer_somewhere: User):
    sign_in(client)
    assert client.get("/accounts/logout/").status_code == 200
    assert signed_in(client)
    assert client.post("/accounts/logout/").headers["Location"] == "/"
    assert not signed_in(client)


def test_a_new_password_by_mail_replaces_the_old_one(client: Client, officer_somewhere: User):
    client.post("/accounts/password/reset/", {"email": EMAIL.upper()})
    assert mail.outbox[0].to == [EMAIL]
    link = re.search(r"http://testserver(\S+)", mail.outbox[0].body)
    assert link
    form = client.get(link.group(1), follow=True)
    weak = client.post(form.request["PATH_INFO"], {"password1": "short", "password2": "short"})
    assert "at least 12 characters" in weak.content.decode()
    new = "another long password"
    client.post(form.request["PATH_INFO"], {"password1": new, "password2": new})
    assert sign_in(Client()).status_code == 200
    assert sign_in(Client(), new).status_code == 302
    again = client.get(link.group(1), follow=True).content.decode()
    assert "does not work any more" in again


def test_nobody_registers(client: Client, db: None):
    form = {"email": "new@demo.example", "password1": PASSWORD, "password2": PASSWORD}
    client.post("/accounts/signup/", form)
    assert not User.objects.exists()


def test_the_cookies_are_for_this_site_and_no_script(client: Client, officer_somewhere: User):
    cookie = sign_in(client).cookies[settings.SESSION_COOKIE_NAME]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert cookie["max-age"] == ""  # it ends with the browser, and in the database after a shift
    assert client.session.get_expiry_age() <= 12 * 3600
    assert settings.SESSION_COOKIE_SECURE == settings.HTTPS == settings.CSRF_COOKIE_SECURE


# ---- the admin's door is the same door


def test_the_admin_sends_to_the_one_sign_in_and_back(client: Client, superuser: User):
    answer = client.get("/admin/divisions/channel/", follow=True)
    assert answer.redirect_chain[-1][0].startswith(SIGN_IN)
    assert "next=/admin/divisions/channel/" in answer.redirect_chain[-1][0].replace("%2F", "/").replace("%3F", "?")
    assert client.post("/admin/login/", {"username": "root@test.example", "password": "x"}).status_code == 302
    assert not signed_in(client)


def test_a_person_without_administration_is_told_so(as_: Any, department: SimpleNamespace):
    answer = as_(department.officer).get("/admin/", follow=True)
    assert answer.status_code == 403
    assert "You may not do this" in answer.content.decode()


# ---- pages that say no


def refused(refusal: Exception, client: Client, method: str = "get") -> HttpResponse:
    request: HttpRequest = getattr(RequestFactory(), method)("/desk/somewhere/")
    request.session = client.session
    answer = RefusalMiddleware(lambda r: HttpResponse()).process_exception(request, refusal)
    assert answer is not None
    return answer


def test_403_says_what_where_and_who_can(client: Client, db: None):
    refusal = NotAllowed("approve somebody else's post", where="Northeast", who="A supervisor", grants="Administrator")
    answer = refused(refusal, client)
    words = answer.content.decode()
    assert answer.status_code == 403
    assert "You may not approve somebody else&#x27;s post in Northeast." in words
    assert "A supervisor can do it. Administrator can give you the right." in words


@pytest.mark.parametrize(
    "refusal",
    [
        WrongMoment("Somebody was faster: this post is now “Scheduled”.", cure="Open it again."),
        BadInput("due_at", "The time is past.", cure="Choose a later one."),
        Refusal("The line is busy.", cure="Try once more."),
    ],
)
def test_409_says_what_stands_in_the_way_and_the_cure(client: Client, db: None, refusal: Refusal):
    answer = refused(refusal, client, "post")
    words = answer.content.decode()
    assert answer.status_code == 409
    assert refusal.message in words
    assert refusal.cure in words
    assert "Nothing was changed." in words
    assert "back button" in words


def test_409_without_a_refusal_still_helps():
    words = render_to_string("409.html")
    assert "Look at it again, then decide." in words


def test_what_is_not_visible_is_404_without_a_hint(client: Client, db: None):
    from django.http import Http404

    with pytest.raises(Http404):
        refused(NotVisible(), client)


def test_404_helps_a_lost_person(client: Client, db: None):
    answer = client.get("/no/such/page/at/all/")
    assert answer.status_code == 404
    assert "There is nothing at this address" in answer.content.decode()


def test_500_needs_nothing_to_be_drawn():
    words = get_template("500.html").template.source
    assert "{%" not in words
    assert "{{" not in words
    assert "The fault is ours" in render_to_string("500.html")
