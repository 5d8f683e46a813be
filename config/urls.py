"""Every address of the system; each room brings its own list."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path

from config import favicon, health, home

admin.autodiscover()
# The admin's own sign-in page would pass by allauth, and so by the second factor.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

urlpatterns = [
    path("favicon.ico", favicon.show, name="favicon"),
    path("health/", health.show, name="health"),
    path("health/tick/", health.tick, name="health-tick"),
    path("admin/", admin.site.urls),
    path("accounts/", include("allauth.urls")),
    path("desk/", include(([path("", home.home, name="home")], "config"))),
    path("", include("divisions.urls")),
    path("", include("moderation.urls")),
    path("", include("posts.urls")),  # last: a division's public page takes whatever is left
]
