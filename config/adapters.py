"""How allauth and axes are fitted to the department: who may register, what counts as one person."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.forms import LoginForm
from django.conf import settings
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):
    """Accounts are entered by an administrator; nobody registers."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Close registration."""
        return False

    def is_safe_url(self, url: str | None) -> bool:
        """Whether a person may be sent on to `url`; what is no address at all is none either."""
        try:
            return bool(super().is_safe_url(url))
        except ValueError:  # "http://[::1"
            return False


class SignInForm(LoginForm):
    """allauth's form, naming its credential ``login`` as well, which is what axes counts failures by."""

    def user_credentials(self) -> dict[str, Any]:
        """Return allauth's credentials with the address under the name axes looks for."""
        credentials: dict[str, Any] = super().user_credentials()
        credentials["login"] = (credentials.get("email") or "").lower()
        return credentials


def client_ip(request: HttpRequest) -> str:
    """Return the visitor's address: the peer, or what our own outermost proxy says it saw."""
    forwarded = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()]
    if settings.PROXY_COUNT and len(forwarded) >= settings.PROXY_COUNT:
        return str(forwarded[-settings.PROXY_COUNT])
    return str(request.META.get("REMOTE_ADDR", ""))
