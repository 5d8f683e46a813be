"""Addresses of who speaks: the desk's pages of channels."""

from __future__ import annotations

from django.urls import path

from divisions.views import absences, channels, directory, handover, notices, people

app_name = "divisions"
urlpatterns = [
    path("desk/absences/", absences.index, name="absences"),
    path("desk/absences/<int:pk>/end/", absences.end, name="absence_end"),
    path("desk/channels/", channels.index, name="channels"),
    path("desk/channels/<slug:slug>/", channels.show, name="channel"),
    path("desk/channels/<slug:slug>/state/", channels.move, name="move_channel"),
    path("desk/channels/<slug:slug>/promise/", channels.promise, name="channel_promise"),
    path("desk/people/", people.index, name="people"),
    path("desk/people/<int:pk>/", people.show, name="person"),
    path("desk/people/<int:pk>/move/", handover.move, name="person_move"),
    path("desk/people/moves/<int:pk>/undo/", handover.undo, name="handover_undo"),
    path("desk/notices/", notices.index, name="notices"),
    path("desk/notices/seen/", notices.see_all, name="notices_seen"),
    path("desk/notices/choices/", notices.choices, name="notice_choices"),
    path("desk/notices/<int:pk>/", notices.show, name="notice"),
    path("desk/notices/stop/<str:token>/", notices.stop, name="notice_stop"),
    path("official/accounts.json", directory.accounts, name="official_list"),
    path("official/accounts.json.sig", directory.signature, name="official_signature"),
    path("official/key.pem", directory.key, name="official_key"),
    path("official/verify/", directory.verify, name="official_verify"),
]
