"""The department's apps in the sandbox network: made up, so that a sign-in can be tried with no keys at all.

They open nothing but the sandbox's own accounts. Both sides read them here: the wizard and the network.
"""

from __future__ import annotations

from connectors.connecting.contract import App
from connectors.facebook_shapes import SANDBOX_APP

APPS: dict[str, App] = {
    "facebook": App(client_id=SANDBOX_APP, client_secret="made-up-facebook-app-secret", mode="sandbox"),  # noqa: S106
    "youtube": App(
        client_id="made-up-youtube-client",
        client_secret="made-up-youtube-client-secret",  # noqa: S106
        mode="sandbox",
    ),
    "x": App(client_id="made-up-x-client", client_secret="made-up-x-client-secret", mode="sandbox"),  # noqa: S106
}
