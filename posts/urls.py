"""Addresses of this room. The public pages stand last: a division's page takes any first segment that is left."""

from django.urls import path, re_path

from posts import feeds
from posts.views import (
    calendar,
    compose,
    correct,
    deliveries,
    desk,
    emergency,
    files,
    hold,
    matrix,
    media,
    public,
    repeats,
    review,
    staff,
    stage_moves,
    withdraw,
)
from posts.views import stuck as stuck_list

app_name = "posts"

urlpatterns = [
    # The desk.
    path("desk/posts/new/", compose.new, name="new"),
    path("desk/posts/<int:pk>/edit/", compose.compose, name="compose"),
    path("desk/posts/<int:pk>/preview/", compose.preview, name="preview"),
    path("desk/posts/<int:pk>/submit/", compose.submit, name="submit"),
    path("desk/posts/<int:pk>/pictures/", media.picture_add, name="picture_add"),
    path("desk/posts/<int:pk>/change/", stage_moves.change, name="change"),
    path("desk/posts/<int:pk>/cancel/", stage_moves.cancel, name="cancel"),
    path("desk/posts/<int:pk>/recall/", stage_moves.recall, name="recall"),
    path("desk/posts/<int:pk>/emergency/", emergency.publish, name="emergency"),
    path("desk/posts/<int:pk>/emergency/sign/", emergency.sign, name="emergency_sign"),
    path("desk/media/", media.index, name="media"),
    path("desk/media/<int:pk>/", media.edit, name="media_edit"),
    path("desk/review/", review.queue, name="review"),
    path("desk/review/rules/", matrix.rules, name="matrix"),
    path("desk/review/rules/<int:pk>/remove/", matrix.remove, name="matrix_remove"),
    path("desk/review/<int:pk>/", review.decide, name="decide"),
    path("desk/staff/", staff.feed, name="staff"),
    path("desk/staff/<int:pk>/", staff.post, name="staff_post"),
    path("desk/posts/", desk.index, name="list"),
    path("desk/posts/<int:pk>/", desk.detail, name="detail"),
    path("desk/posts/<int:pk>/retime/", deliveries.retime, name="retime"),
    path("desk/posts/<int:pk>/withdraw/", withdraw.ask, name="withdraw"),
    path("desk/withdrawals/<int:pk>/", withdraw.show, name="withdrawal"),
    path("desk/deliveries/<int:pk>/", deliveries.show, name="delivery"),
    path("desk/deliveries/<int:pk>/prove/", deliveries.prove, name="prove"),
    path("desk/deliveries/<int:pk>/send-again/", deliveries.send_again, name="send_again"),
    path("desk/deliveries/<int:pk>/keep/", deliveries.keep, name="keep"),
    path("desk/deliveries/<int:pk>/seen/", deliveries.seen, name="seen"),
    path("desk/deliveries/<int:pk>/catch-up/", correct.catch_up, name="catch_up"),
    path("desk/posts/<int:pk>/correct/", correct.ask, name="correct"),
    path("desk/corrections/<int:pk>/", correct.show, name="correction"),
    path("desk/deliveries/<int:pk>/drop/", deliveries.drop, name="drop"),
    path("desk/hold/", hold.index, name="holds"),
    path("desk/hold/new/", hold.new, name="hold_new"),
    path("desk/hold/<int:pk>/", hold.show, name="hold"),
    path("desk/hold/<int:pk>/release/", hold.release, name="hold_release"),
    path("desk/hold/<int:pk>/decide/", hold.decide_held, name="hold_decide"),
    path("desk/stuck/", stuck_list.show, name="stuck"),
    path("desk/calendar/", calendar.show, name="calendar"),
    path("desk/repeats/", repeats.index, name="repeats"),
    path("desk/repeats/<int:pk>/", repeats.show, name="repeat"),
    path("desk/repeats/<int:pk>/stop/", repeats.stop, name="repeat_stop"),
    # Public pages, feeds and pictures.
    path("", public.front, name="front"),
    path("news/", public.news, name="news"),
    path("news/<int:pk>-<slug:slug>/", public.page, name="page"),
    path("official/", public.accounts, name="accounts"),
    path("feeds/news.atom", feeds.department, name="feed"),
    re_path(r"^media/(?P<sha256>[0-9a-f]{64})\.(?P<extension>jpg|png)$", files.show, name="file"),
    path("robots.txt", public.robots, name="robots"),
    path("<slug:slug>/feed.atom", feeds.division, name="division_feed"),
    path("<slug:slug>/", public.division, name="division"),  # last: it takes whatever is left
]
