"""Every page of signing in stands in the plain shell, speaks plain words and names the way on; so do the errors."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.views.defaults import page_not_found, permission_denied, server_error

from config.templatetags.look import minutes
from divisions.models import User

PASSWORD = "a long enough password"
EMAIL = "officer.somewhere@demo.example"


@pytest.fixture
def officer(db: None) -> User:
    return User.objects.create_user(EMAIL, PASSWORD, name="Officer, somewhere")


@pytest.mark.parametrize("page", ["login", "signup", "password/reset", "password/reset/done", "inactive"])
def test_a_page_before_signing_in_is_plain(client: Client, db: None, page: str):
    answer = client.get(f"/accounts/{page}/")
    text = answer.content.decode()
    assert answer.status_code == 200
    assert 'class="plain"' in text
    assert "plain__panel" in text


@pytest.mark.parametrize("page", ["logout", "password/change", "email", "reauthenticate"])
def test_a_page_for_members_is_plain(client: Client, officer: User, page: str):
    client.post("/accounts/login/", {"login": EMAIL, "password": PASSWORD})
    answer = client.get(f"/accounts/{page}/")
    assert answer.status_code == 200
    assert 'class="plain"' in answer.content.decode()


def test_a_forgotten_password_is_set_anew_by_the_link_in_the_mail(client: Client, officer: User):
    client.post("/accounts/password/reset/", {"email": EMAIL})
    assert mail.outbox[0].subject.endswith("Set a new password for Substation")
    link = re.search(r"http://testserver(\S+)", mail.outbox[0].body)
    assert link
    form = client.get(link.group(1), follow=True)
    assert "Set a new password" in form.content.decode()
    new = "another long password"
    client.post(form.request["PATH_INFO"], {"password1": new, "password2": new})
    assert client.post("/accounts/login/", {"login": EMAIL, "password": new}).status_code == 302


def test_a_used_link_says_so_and_offers_a_new_one(client: Client, db: None):
    text = client.get("/accounts/password/reset/key/1-used-up/").content.decode()
    assert "does not work any more" in text
    assert "/accounts/password/reset/" in text


def test_an_unknown_address_gets_a_mail_that_tells_nothing_more(client: Client, db: None):
    client.post("/accounts/password/reset/", {"email": "nobody@demo.example"})
    assert "No account has this e-mail" in mail.outbox[0].body


def request_for(client: Client) -> HttpRequest:
    request = RequestFactory().get("/desk/somewhere/")
    request.session = client.session
    return request


def test_a_refusal_gives_its_reason(client: Client, db: None):
    answer = permission_denied(request_for(client), PermissionDenied("A supervisor of Northeast can grant it."))
    assert answer.status_code == 403
    assert b"A supervisor of Northeast can grant it." in answer.content


def test_a_missing_page_says_what_it_would_have_said_about_a_removal(client: Client, db: None):
    answer = page_not_found(request_for(client), Exception())
    assert answer.status_code == 404
    assert b"If we had removed something here" in answer.content


def test_a_fault_needs_no_database_no_context_and_no_hashed_file_to_be_told():
    answer = server_error(RequestFactory().get("/"))
    assert answer.status_code == 500
    assert b"The fault is ours" in answer.content


def test_a_stale_form_is_explained(client: Client, officer: User):
    answer = Client(enforce_csrf_checks=True).post("/accounts/login/", {"login": EMAIL, "password": PASSWORD})
    assert answer.status_code == 403
    assert "The form was too old" in answer.content.decode()


def test_the_lock_page_names_the_wait_in_minutes():
    assert minutes(timedelta(minutes=14, seconds=1)) == 15
    assert "15 minutes" in render_to_string("account/locked.html", {"cooloff_timedelta": timedelta(minutes=15)})
