"""Addresses of oversight."""

from __future__ import annotations

from django.urls import path

from moderation.views import comments, digests, drift, round_parts, rounds, wall, wall_acts

app_name = "moderation"
urlpatterns = [
    path("desk/wall/", wall.show, name="wall"),
    path("desk/wall/divisions/", wall.league, name="league"),
    path("desk/wall/<slug:slug>/duty/", wall_acts.duty, name="wall_duty"),
    path("desk/wall/<slug:slug>/reconnect/", wall_acts.reconnect, name="wall_reconnect"),
    path("desk/wall/<slug:slug>/look/", wall_acts.look, name="wall_look"),
    path("desk/comments/", comments.index, name="comments"),
    path("desk/comments/<int:pk>/answer/", comments.answer, name="comment_answer"),
    path("desk/comments/<int:pk>/reopen/", comments.reopen, name="comment_reopen"),
    path("desk/digests/", digests.index, name="digests"),
    path("desk/digests/<int:pk>/", digests.show, name="digest"),
    path("desk/digests/<int:pk>/<slug:code>/", digests.rows, name="digest_rows"),
    path("desk/drift/", drift.index, name="drift"),
    path("desk/drift/<int:pk>/", drift.case, name="drift_case"),
    path("desk/drift/<int:pk>/decide/", drift.decide, name="drift_decide"),
    path("desk/drift/<int:pk>/steps/<slug:code>/", drift.tick, name="drift_tick"),
    path("desk/drift/look/<slug:slug>/", drift.look, name="drift_look"),
    path("desk/checks/", rounds.index, name="rounds"),
    path("desk/checks/<int:pk>/", rounds.show, name="round"),
    path("desk/checks/<int:pk>/rhythm/", round_parts.rhythm, name="round_rhythm"),
    path("desk/checks/pictures/<int:pk>/", round_parts.screenshot, name="screenshot"),
    path("desk/checks/tasks/", round_parts.tasks, name="tasks"),
    path("desk/checks/tasks/<int:pk>/", round_parts.task, name="task"),
    path("desk/checks/proof/<slug:slug>/<str:quarter>/", round_parts.proof, name="proof"),
]
