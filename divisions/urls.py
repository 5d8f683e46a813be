"""Addresses of who speaks: the desk's pages of channels."""

from __future__ import annotations

from django.urls import path

from divisions.views import (
    absences,
    channels,
    connect,
    directory,
    disconnect,
    handover,
    notices,
    people,
    register,
    roster,
)

app_name = "divisions"
urlpatterns = [
    path("desk/absences/", absences.index, name="absences"),
    path("desk/absences/<int:pk>/end/", absences.end, name="absence_end"),
    path("desk/channels/", channels.index, name="channels"),
    path("desk/channels/connect/", connect.start, name="connect"),
    path("desk/channels/connect/open/<uuid:key>/", connect.pending, name="connecting"),
    path("desk/channels/connect/<slug:platform>/", connect.platform, name="connect_platform"),
    path("desk/channels/connect/<slug:platform>/back/", connect.back, name="connect_back"),
    path("desk/channels/<slug:slug>/", channels.show, name="channel"),
    path("desk/channels/<slug:slug>/state/", channels.move, name="move_channel"),
    path("desk/channels/<slug:slug>/promise/", channels.promise, name="channel_promise"),
    path("desk/roster/", roster.index, name="roster"),
    path("desk/roster/copy/", roster.copy, name="roster_copy"),
    path("desk/roster/shifts/<int:pk>/end/", roster.end, name="shift_end"),
    path("desk/roster/accounts/<slug:slug>/", roster.channel, name="roster_channel"),
    path("desk/people/", people.index, name="people"),
    path("desk/people/<int:pk>/", people.show, name="person"),
    path("desk/people/<int:pk>/move/", handover.move, name="person_move"),
    path("desk/people/moves/<int:pk>/undo/", handover.undo, name="handover_undo"),
    path("desk/notices/", notices.index, name="notices"),
    path("desk/notices/seen/", notices.see_all, name="notices_seen"),
    path("desk/notices/choices/", notices.choices, name="notice_choices"),
    path("desk/notices/<int:pk>/", notices.show, name="notice"),
    path("desk/notices/stop/<str:token>/", notices.stop, name="notice_stop"),
    path("desk/channels/<slug:slug>/reconnect/", connect.reconnect, name="reconnect"),
    path("desk/channels/<slug:slug>/disconnect/", disconnect.disconnect, name="disconnect"),
    path("desk/register/", register.index, name="register"),
    path("desk/register/accounts.csv", register.file, name="register_file"),
    path("desk/register/declared/", register.declare, name="register_declare"),
    path("desk/register/<slug:slug>/", register.show, name="register_entry"),
    path("desk/register/<slug:slug>/holders/", register.add_holder, name="register_add_holder"),
    path("desk/register/holders/<int:pk>/remove/", register.remove_holder, name="register_remove_holder"),
    path("official/accounts.json", directory.accounts, name="official_list"),
    path("official/accounts.json.sig", directory.signature, name="official_signature"),
    path("official/key.pem", directory.key, name="official_key"),
    path("official/verify/", directory.verify, name="official_verify"),
]
