"""Addresses of this room. The public pages stand last: a division's page takes any first segment that is left."""

from django.urls import path, re_path

from posts import feeds
from posts.views import files, public, staff

app_name = "posts"

urlpatterns = [
    # The desk.
    path("desk/staff/", staff.feed, name="staff"),
    path("desk/staff/<int:pk>/", staff.post, name="staff_post"),
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
