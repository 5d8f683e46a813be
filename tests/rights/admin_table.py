"""Django admin's part of the table: each model's pages for four people, and the pages that belong to no model.

`administrator` may open the admin (staff) and has rights through a membership; `superuser` belongs nowhere. Whoever
may not open it is sent to its sign-in page from everywhere, which refuses an officer (403).
"""

from __future__ import annotations

PEOPLE = ("anonymous", "officer", "administrator", "superuser")
STEPS = ("changelist", "add", "change", "delete", "history", "export")

MODELS = """
                                  ------- administrator (staff) ------  ------------- superuser ------------
model                               list   add chang delet histo expor    list   add chang delet histo expor
records_ledgerentry                  403   403   403   403   302     -     200   403   200   403   200     -
divisions_membership                 200   200   200   403   200     -     200   200   200   403   200     -
divisions_training                   200   200   200   403   200     -     200   200   200   403   200     -
divisions_notice                     403   403   403   403   403     -     200   403   200   403   200     -
divisions_noticechoice               200   403   200   403   200     -     200   403   200   403   200     -
moderation_digest                    403   403   403   403   403     -     200   403   200   403   200     -
divisions_absence                    200   403   200   403   200     -     200   403   200   403   200     -
divisions_handover                   200   403   200   403   200     -     200   403   200   403   200     -
divisions_dutyshift                  200   403   200   403   200     -     200   403   200   403   200     -
divisions_takeover                   200   403   200   403   200     -     200   403   200   403   200     -
divisions_accessreview                200   403   200   403   200     -     200   403   200   403   200     -
divisions_accountrecord              200   403   200   403   200     -     200   403   200   403   200     -
divisions_accountholder              200   403   200   403   200     -     200   403   200   403   200     -
divisions_officialkey                200   403   200   403   200     -     200   403   200   403   200     -
divisions_officiallist               200   403   200   403   200     -     200   403   200   403   200     -
divisions_channel                    200   200   200   403   200   200     200   200   200   403   200   200
divisions_linkrule                   200   200   200   403   200     -     200   200   200   403   200     -
divisions_platformapp                200   403   200   403   200     -     200   403   200   403   200     -
divisions_pendingconnection          200   403   200   403   200     -     200   403   200   403   200     -
divisions_divisionuserpermission     200   403   200   403   200     -     200   403   200   403   200     -
divisions_channeluserpermission      200   403   200   403   200     -     200   403   200   403   200     -
divisions_user                       200   200   200   403   200   200     200   200   200   403   200   200
divisions_department                 200   403   200   403   200     -     200   403   200   403   200     -
divisions_division                   200   200   200   403   200   200     200   200   200   403   200   200
divisions_role                       200   200   200   403   200     -     200   200   200   403   200     -
posts_post                           200   403   200   403   200     -     200   403   200   403   200     -
posts_draft                          200   403   200   403   200     -     200   403   200   403   200     -
posts_delivery                       200   403   200   403   200     -     200   403   200   403   200     -
posts_attempt                        200   403   200   403   200     -     200   403   200   403   200     -
posts_channellane                    200   403   200   403   200     -     200   403   200   403   200     -
posts_heartbeat                      200   403   200   403   200     -     200   403   200   403   200     -
config_outage                        200   403   200   403   200     -     200   403   200   403   200     -
posts_pattern                        200   403   200   403   200     -     200   403   200   403   200     -
posts_withdrawal                     200   403   200   403   200     -     200   403   200   403   200     -
posts_correction                     200   403   200   403   200     -     200   403   200   403   200     -
posts_incident                       200   403   200   403   200     -     200   403   200   403   200     -
posts_hold                           200   403   200   403   200     -     200   403   200   403   200     -
posts_mediaasset                     200   403   200   403   200     -     200   403   200   403   200     -
posts_approval                       200   403   200   403   200     -     200   403   200   403   200     -
posts_review                         200   403   200   403   200     -     200   403   200   403   200     -
posts_matrixrow                      200   403   200   403   200     -     200   200   200   403   200     -
posts_breakglass                     200   403   200   403   200     -     200   403   200   403   200     -
posts_reminder                       200   403   200   403   200     -     200   403   200   403   200     -
posts_mailcopy                       200   403   200   403   200     -     200   403   200   403   200     -
posts_subscriber                     200   403   200   403   200     -     200   403   200   403   200     -
posts_subscription                   200   403   200   403   200     -     200   403   200   403   200     -
posts_subscriberequest               200   403   200   403   200     -     200   403   200   403   200     -
moderation_task                      200   403   200   403   200     -     200   403   200   403   200     -
moderation_checkplan                 200   403   200   403   200     -     200   403   200   403   200     -
moderation_checkround                200   403   200   403   200     -     200   403   200   403   200     -
moderation_driftcase                 200   403   200   403   200     -     200   403   200   403   200     -
moderation_channelwatch              200   403   200   403   200     -     200   403   200   403   200     -
moderation_contribution              200   403   200   403   200     -     200   403   200   403   200     -
moderation_commentwatch              200   403   200   403   200     -     200   403   200   403   200     -
posts_revision                       200   403   200   403   200     -     200   403   200   403   200     -
posts_variant                        200   403   200   403   200     -     200   403   200   403   200     -
posts_revisionmedia                  200   403   200   403   200     -     200   403   200   403   200     -
account_emailaddress                 403   403   403   403   403     -     200   403   200   403   200     -
axes_accessattempt                   403   403   403   403   403     -     200   403   200   200   200     -
axes_accesslog                       403   403   403   403   403     -     200   403   200   403   200     -
axes_accessfailurelog                403   403   403   403   403     -     200   403   200   403   200     -
admin_logentry                       403   403   403   403   403     -     200   403   200   403   200     -
"""

PAGES = """
Pages that belong to no model; the one without a name is whatever the admin does not know
name                               nobod offic admin super
admin:search                          in    in   200   200
admin:index                           in    in   200   200
admin:login                           in   403   302   302
admin:logout                         302   302   405   405
admin:password_change                 in    in   200   200
admin:password_change_done            in    in   200   200
admin:autocomplete                    in    in   200   200
admin:jsi18n                          in    in   200   200
admin:view_on_site                    in    in   302   302
admin:-                               in    in   404   404
admin:app_list                        in    in   200   200
"""


def _read(text: str) -> dict[str, list[str]]:
    lines = (line.split() for line in text.strip().splitlines()[2:] if line.strip())
    return {name: cells for name, *cells in lines}


def names() -> set[str]:
    """Every URL name that this table covers."""
    made = {f"admin:{model}_{step}" for model, cells in _read(MODELS).items() for step, _ in _steps(cells[:6])}
    return made | set(_read(PAGES))


def expected(who: str) -> dict[str, str]:
    """URL name -> what the person is answered."""
    answers = {name: cells[PEOPLE.index(who)] for name, cells in _read(PAGES).items()}
    for model, cells in _read(MODELS).items():
        half = cells[6:] if who == "superuser" else cells[:6]
        for step, cell in _steps(half):
            answers[f"admin:{model}_{step}"] = cell if who in ("administrator", "superuser") else "in"
    return answers


def _steps(cells: list[str]) -> list[tuple[str, str]]:
    """The steps a model has: a dash = there is no such page."""
    return [(step, cell) for step, cell in zip(STEPS, cells, strict=True) if cell != "-"]
