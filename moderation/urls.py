"""Addresses of oversight."""

from __future__ import annotations

from django.urls import path

from moderation.views import wall

app_name = "moderation"
urlpatterns = [
    path("desk/wall/", wall.show, name="wall"),
]
