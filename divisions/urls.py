"""Addresses of who speaks: the desk's pages of channels."""

from __future__ import annotations

from django.urls import path

from divisions.views import absences, channels

app_name = "divisions"
urlpatterns = [
    path("desk/absences/", absences.index, name="absences"),
    path("desk/absences/<int:pk>/end/", absences.end, name="absence_end"),
    path("desk/channels/", channels.index, name="channels"),
    path("desk/channels/<slug:slug>/", channels.show, name="channel"),
    path("desk/channels/<slug:slug>/state/", channels.move, name="move_channel"),
    path("desk/channels/<slug:slug>/promise/", channels.promise, name="channel_promise"),
]
