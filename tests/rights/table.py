"""Who gets what at which address: every URL name there is, with the answer for each column of `world.COLUMNS`.

A number is the status; `in` is the way to the sign-in page. Everything belongs to Northeast: the first three people do
too, the next three belong elsewhere, the next four oversee all. P5 reads off a row: 404 for who does not see the
division, 403 with the reason for who sees it without the right. A name may stand here for several things.
"""

from __future__ import annotations

from dataclasses import dataclass

from tests.rights.world import COLUMNS

ADDRESSES = """
                                                             no    Northeast     elsewhere     oversight         root
name                                 how  thing              one   off sup mod   off sup mod   smo adm rec aud     -
config:home                          GET  -                   in   200 200 200   200 200 200   200 200 200 200   200
divisions:absences                   GET  -                   in   403 200 403   403 200 403   200 200 403 403   403
divisions:absences                   POST -                   in   403 302 403   403 422 403   302 302 403 403   403
divisions:absence_end                POST absence             in   404 302 404   404 404 404   302 302 404 404   404
divisions:channels                   GET  -                   in   200 200 200   200 200 200   200 200 200 200   200
divisions:channel                    GET  facebook-northeast  in   200 200 200   404 404 404   200 200 200 200   404
divisions:channel                    GET  northeast-website   in   200 200 200   404 404 404   200 200 200 200   404
divisions:channel                    GET  x-department        in   404 404 404   404 200 200   200 200 200 200   404
divisions:move_channel               POST facebook-northeast  in   403 403 403   404 404 404   302 302 403 403   404
divisions:channel_promise            POST facebook-northeast  in   403 403 403   404 404 404   302 302 403 403   404
divisions:register                   GET  -                    in   200 200 200   200 200 200   200 200 200 200   200
divisions:register_file              GET  -                    in   200 200 200   200 200 200   200 200 200 200   200
divisions:register_declare           POST -                    in   404 404 404   404 403 403   302 302 403 403   404
divisions:register_entry             GET  facebook-northeast   in   200 200 200   404 404 404   200 200 200 200   404
divisions:register_entry             GET  northeast-website    in   404 404 404   404 404 404   404 404 404 404   404
divisions:register_entry             POST facebook-northeast   in   403 403 403   404 404 404   302 302 403 403   404
divisions:register_add_holder        POST facebook-northeast   in   403 403 403   404 404 404   302 302 403 403   404
divisions:register_remove_holder     POST holder               in   403 403 403   404 404 404   302 302 403 403   404
divisions:connect                    GET  -                   in   403 403 403   403 403 403   200 200 403 403   403
divisions:connect                    POST -                   in   403 403 403   403 403 403   302 302 403 403   403
divisions:connect_platform           GET  facebook            in   403 403 403   403 403 403   302 302 403 403   403
divisions:connect_back               GET  facebook            in   403 403 403   403 403 403   400 400 403 403   403
divisions:connecting                 GET  nobodys             in   404 404 404   404 404 404   404 404 404 404   404
divisions:connecting                 POST nobodys             in   404 404 404   404 404 404   404 404 404 404   404
divisions:reconnect                  GET  facebook-northeast  in   403 403 403   404 404 404   200 200 403 403   404
divisions:reconnect                  POST facebook-northeast  in   403 403 403   404 404 404   302 302 403 403   404
divisions:disconnect                 GET  facebook-northeast  in   403 403 403   404 404 404   200 200 403 403   404
divisions:disconnect                 POST facebook-northeast  in   403 403 403   404 404 404   302 302 403 403   404
divisions:notices                    GET  -                   in   200 200 200   200 200 200   200 200 200 200   200
divisions:notices_seen               POST -                   in   302 302 302   302 302 302   302 302 302 302   302
divisions:notice_choices             GET  -                   in   200 200 200   200 200 200   200 200 200 200   200
divisions:notice_choices             POST -                   in   302 302 302   302 302 302   302 302 302 302   302
divisions:notice                     GET  officers-notice     in   302 404 404   404 404 404   404 404 404 404   404
divisions:notice_stop                GET  way-out            200   200 200 200   200 200 200   200 200 200 200   200
divisions:notice_stop                POST way-out            200   200 200 200   200 200 200   200 200 200 200   200
moderation:digests                   GET  -                   in   200 200 200   200 200 200   200 200 200 200   200
moderation:digest                    GET  officers-day        in   200 404 404   404 404 404   404 404 404 404   404
moderation:digest                    GET  smos-week           in   404 404 404   404 404 404   200 404 200 200   404
moderation:digest                    GET  smos-month          in   404 404 404   404 404 404   200 404 200 200   404
moderation:digest_rows               GET  officers-day,live   in   200 404 404   404 404 404   404 404 404 404   404
moderation:digest_rows               GET  smos-month,posts    in   404 404 404   404 404 404   200 404 200 200   404
divisions:people                     GET  -                   in   403 403 403   403 403 403   200 200 200 200   403
divisions:person                     GET  -                   in   403 403 403   403 403 403   200 200 200 200   403
divisions:person_move                GET  -                   in   403 403 403   403 403 403   200 200 403 403   403
divisions:person_move                POST -                   in   403 403 403   403 403 403   200 200 403 403   403
divisions:handover_undo              POST -                   in   403 403 403   403 403 403   302 302 403 403   403
divisions:access_reviews             GET  -                   in   403 403 403   403 403 403   200 200 200 200   403
divisions:access_reviews             POST -                   in   403 403 403   403 403 403   302 302 403 403   403
divisions:access_review              GET  -                   in   403 403 403   403 403 403   200 200 200 200   403
divisions:access_review_file         GET  -                   in   403 403 403   403 403 403   200 200 200 200   403
divisions:access_decide              POST -                   in   403 403 403   403 403 403   302 302 403 403   403
divisions:access_sign                POST -                   in   403 403 403   403 403 403   302 302 403 403   403
divisions:roster                     GET  -                   in   200 200 200   200 200 200   200 200 200 200   200
divisions:roster_copy                POST -                   in   403 403 403   403 403 403   302 302 403 403   403
divisions:roster_channel             GET  facebook-northeast  in   200 200 200   404 404 404   200 200 200 200   404
divisions:roster_channel             POST facebook-northeast  in   403 403 403   404 404 404   302 302 403 403   404
divisions:shift_end                  POST -                   in   403 403 403   404 404 404   302 302 403 403   404
divisions:takeover                   GET  facebook-northeast  in   200 200 200   404 404 404   200 200 200 200   404
divisions:takeover                   POST facebook-northeast  in   403 403 403   404 404 404   422 422 403 403   404
divisions:takeover_tick              POST -                   in   403 302 403   404 404 404   302 302 403 403   404
divisions:takeover_close             POST facebook-northeast  in   403 403 403   404 404 404   302 302 403 403   404
divisions:who_could                  GET  facebook-northeast  in   200 200 200   404 404 404   200 200 200 200   404
divisions:who_could_file             GET  facebook-northeast  in   200 200 200   404 404 404   200 200 200 200   404
moderation:wall                      GET  -                   in   403 403 403   403 403 403   200 403 200 200   403
moderation:league                    GET  -                   in   403 403 403   403 403 403   200 403 200 200   403
moderation:wall_duty                 POST facebook-northeast  in   403 403 403   404 404 404   302 302 403 403   404
moderation:wall_reconnect            POST facebook-northeast  in   403 403 403   404 404 404   302 302 403 403   404
moderation:wall_look                 POST facebook-northeast  in   403 403 403   404 404 404   302 403 403 403   404
moderation:comments                  GET  -                   in   200 200 200   200 200 200   200 200 200 200   403
moderation:comment_answer            POST asked               in   302 302 302   404 404 404   302 403 403 403   404
moderation:comment_reopen            POST answered            in   302 302 302   404 404 404   302 403 403 403   404
moderation:drift                     GET  -                   in   200 200 200   200 200 200   200 200 200 200   403
moderation:drift_case                GET  open                in   200 200 200   404 404 404   200 200 200 200   404
moderation:drift_case                GET  takeover            in   200 200 200   404 404 404   200 200 200 200   404
moderation:drift_decide              POST open                in   403 403 403   404 404 404   302 403 403 403   404
moderation:drift_tick                POST takeover            in   403 403 403   404 404 404   302 403 403 403   404
moderation:drift_look                POST facebook-northeast  in   403 403 403   404 404 404   302 403 403 403   404
moderation:rounds                    GET  -                   in   200 200 200   200 200 200   200 200 200 200   200
moderation:round                     GET  round               in   200 200 200   404 404 404   200 200 200 200   404
moderation:round                     POST round               in   403 403 403   404 404 404   302 403 403 403   404
moderation:round_rhythm              POST round               in   403 403 403   404 404 404   302 403 403 403   404
moderation:screenshot                GET  shot                in   200 200 200   404 404 404   200 200 200 200   404
moderation:tasks                     GET  -                   in   200 200 200   200 200 200   200 200 200 200   200
moderation:task                      GET  task                in   200 200 200   404 404 404   200 200 200 200   404
moderation:task                      POST task                in   302 302 403   404 404 404   302 403 403 403   404
moderation:proof                     GET  facebook-northeast,2026-Q4 in 200 200 200 404 404 404 200 200 200 200   404
posts:list                           GET  -                   in   200 200 200   200 200 200   200 200 200 200   200
posts:detail                         GET  draft               in   200 200 200   404 404 404   200 200 200 200   404
posts:detail                         GET  review              in   200 200 200   404 404 404   200 200 200 200   404
posts:detail                         GET  live                in   200 200 200   404 404 404   200 200 200 200   404
posts:detail                         GET  staff-draft         in   200 200 200   404 404 404   200 200 200 200   404
posts:new                            GET  -                   in   200 200 403   200 200 403   200 403 403 403   403
posts:new                            POST -                   in   302 302 403   422 422 403   302 403 403 403   403
posts:compose                        GET  draft               in   200 200 403   404 404 404   200 403 403 403   404
posts:compose                        GET  staff-draft         in   200 200 403   404 404 404   200 403 403 403   404
posts:compose                        GET  review              in   302 302 403   404 404 404   302 403 403 403   404
posts:compose                        POST draft               in   302 302 403   404 404 404   302 403 403 403   404
posts:preview                        POST draft               in   200 200 403   404 404 404   200 403 403 403   404
posts:submit                         POST draft               in   302 302 403   404 404 404   302 403 403 403   404
posts:picture_add                    POST draft               in   302 302 403   404 404 404   302 403 403 403   404
posts:change                         POST timed               in   302 302 403   404 404 404   302 403 403 403   404
posts:cancel                         POST draft               in   302 302 403   404 404 404   302 403 403 403   404
posts:emergency                      GET  alert               in   200 403 403   404 404 404   403 403 403 403   404
posts:emergency                      POST alert               in   302 403 403   404 404 404   403 403 403 403   404
posts:emergency_sign                 POST glass               in   403 302 403   404 404 404   302 403 403 403   404
posts:recall                         POST review              in   302 302 403   404 404 404   302 403 403 403   404
posts:media                          GET  -                   in   200 200 200   200 200 200   200 200 200 200   200
posts:media                          POST -                   in   302 302 403   422 422 403   302 403 403 403   403
posts:media_edit                     GET  library             in   200 200 200   404 404 404   200 200 200 200   404
posts:media_edit                     POST library             in   302 302 403   404 404 404   302 403 403 403   404
posts:media_state                    GET  library             in   302 302 302   404 404 404   302 302 302 302   404
posts:media_again                    POST library             in   302 302 403   404 404 404   302 403 403 403   404
posts:review                         GET  -                   in   403 200 403   403 200 403   200 403 403 403   403
posts:decide                         GET  review              in   200 200 200   404 404 404   200 200 200 200   404
posts:decide                         GET  draft               in   302 302 302   404 404 404   302 302 302 302   404
posts:decide                         POST review              in   403 302 403   404 404 404   302 403 403 403   404
posts:review_several                 POST -                   in   403 302 403   403 302 403   302 403 403 403   403
posts:matrix                         GET  -                   in   200 200 200   200 200 200   200 200 200 200   403
posts:matrix                         POST -                   in   403 403 403   403 403 403   302 403 403 403   403
posts:matrix_remove                  POST rule                in   403 403 403   404 404 404   302 403 403 403   404
posts:retime                         GET  timed               in   403 200 403   404 404 404   200 403 403 403   404
posts:retime                         POST timed               in   403 302 403   404 404 404   302 403 403 403   404
posts:delivery                       GET  failed              in   200 200 200   404 404 404   200 200 200 200   404
posts:delivery                       GET  doubt               in   200 200 200   404 404 404   200 200 200 200   404
posts:prove                          POST doubt               in   403 302 403   404 404 404   302 403 403 403   404
posts:prove                          POST missed              in   302 302 403   404 404 404   302 403 403 403   404
posts:send_again                     POST failed              in   403 302 403   404 404 404   302 403 403 403   404
posts:keep                           POST held                in   403 302 403   404 404 404   302 403 403 403   404
posts:drop                           POST failed              in   403 302 403   404 404 404   302 403 403 403   404
posts:seen                           POST failed              in   302 302 403   404 404 404   302 403 403 403   404
posts:correct                        GET  live                in   403 200 403   404 404 404   200 403 403 403   404
posts:correct                        POST live                in   403 302 403   404 404 404   302 403 403 403   404
posts:correction                     GET  asked               in   200 200 200   404 404 404   200 200 200 200   404
posts:correction                     POST asked               in   403 302 403   404 404 404   302 403 403 403   404
posts:catch_up                       POST live                in   403 302 403   404 404 404   302 403 403 403   404
posts:withdraw                       GET  live                in   403 200 403   404 404 404   200 403 403 403   404
posts:withdraw                       POST live                in   403 302 403   404 404 404   302 403 403 403   404
posts:withdrawal                     GET  asked               in   200 200 200   404 404 404   200 200 200 200   404
posts:withdrawal                     POST asked               in   403 302 403   404 404 404   302 403 403 403   404
posts:incidents                      GET  -                  in   200 200 200   200 200 200   200 200 200 200   200
posts:incidents                      POST -                  in   403 302 403   403 422 403   302 403 403 403   403
posts:incident                       GET  fire               in   200 200 200   404 404 404   200 200 200 200   404
posts:incident                       POST fire               in   403 302 403   404 404 404   302 403 403 403   404
posts:incident_statement             POST fire               in   403 302 403   404 404 404   302 403 403 403   404
posts:incident_close                 POST fire               in   403 302 403   404 404 404   302 403 403 403   404
posts:incident_report                GET  fire               in   200 200 200   404 404 404   200 200 200 200   404
posts:holds                          GET  -                   in   200 200 200   200 200 200   200 200 200 200   200
posts:hold                           GET  in-force            in   200 200 200   404 404 404   200 200 200 200   404
posts:hold                           GET  everything          in   200 200 200   200 200 200   200 200 200 200   404
posts:hold_new                       GET  -                   in   403 200 403   403 200 403   200 403 403 403   403
posts:hold_new                       POST -                   in   403 302 403   403 422 403   302 403 403 403   403
posts:hold_release                   POST in-force            in   403 302 403   404 404 404   302 403 403 403   404
posts:hold_release                   POST everything          in   403 403 403   403 403 403   302 403 403 403   404
posts:hold_decide                    POST released            in   403 302 403   404 404 404   302 403 403 403   404
posts:stuck                          GET  -                   in   200 200 200   200 200 200   200 200 200 200   200
posts:missed_decide                  POST -                   in   403 302 403   403 422 403   302 403 403 403   403
posts:calendar                       GET  -                   in   200 200 200   200 200 200   200 200 200 200   200
posts:repeats                        GET  -                   in   200 200 200   200 200 200   200 200 200 200   200
posts:repeat                         GET  pattern             in   200 200 200   404 404 404   200 200 200 200   404
posts:repeat_stop                    POST pattern             in   302 302 403   404 404 404   302 403 403 403   404
posts:staff                          GET  -                   in   200 200 200   200 200 200   200 200 200 200   403
posts:staff_post                     GET  staff               in   200 200 200   200 200 200   200 200 200 200   403
posts:staff_post                     GET  live                in   404 404 404   404 404 404   404 404 404 404   403
posts:list_people                    GET  northeast-mail      in   403 403 403   404 404 404   200 200 403 403   404
posts:list_bring                     POST northeast-mail      in   403 403 403   404 404 404   302 302 403 403   404
posts:list_export                    POST northeast-mail      in   403 403 403   404 404 404   200 200 403 403   404
posts:list_remove                    POST subscriber          in   403 403 403   404 404 404   302 302 403 403   404
posts:hook                           GET  northeast-hook      in   403 403 403   404 404 404   200 200 403 403   404
posts:hook_endpoint                  POST northeast-hook      in   403 403 403   404 404 404   302 302 403 403   404
posts:hook_secret                    POST northeast-hook      in   403 403 403   404 404 404   200 200 403 403   404
posts:hook_ping                      POST northeast-hook      in   403 403 403   404 404 404   302 302 403 403   404
posts:subscribe                      GET  -                  200   200 200 200   200 200 200   200 200 200 200   200
posts:subscribe                      POST -                  302   302 302 302   302 302 302   302 302 302 302   302
posts:subscribe_asked                GET  -                  200   200 200 200   200 200 200   200 200 200 200   200
posts:subscribe_confirm              GET  asked              200   200 200 200   200 200 200   200 200 200 200   200
posts:subscribe_confirm              POST asked              302   302 302 302   302 302 302   302 302 302 302   302
posts:subscribe_manage               GET  reader             200   200 200 200   200 200 200   200 200 200 200   200
posts:subscribe_manage               POST reader             302   302 302 302   302 302 302   302 302 302 302   302
posts:subscribe_leave                GET  leaving            200   200 200 200   200 200 200   200 200 200 200   200
posts:subscribe_leave                POST leaving            200   200 200 200   200 200 200   200 200 200 200   200
posts:front                          GET  -                  200   200 200 200   200 200 200   200 200 200 200   200
posts:news                           GET  -                  200   200 200 200   200 200 200   200 200 200 200   200
posts:accounts                       GET  -                  200   200 200 200   200 200 200   200 200 200 200   200
posts:removals                       GET  -                  200   200 200 200   200 200 200   200 200 200 200   200
posts:corrections                    GET  -                  200   200 200 200   200 200 200   200 200 200 200   200
divisions:official_list              GET  -                  200   200 200 200   200 200 200   200 200 200 200   200
divisions:official_signature         GET  -                  200   200 200 200   200 200 200   200 200 200 200   200
divisions:official_key               GET  -                  200   200 200 200   200 200 200   200 200 200 200   200
divisions:official_verify            GET  -                  200   200 200 200   200 200 200   200 200 200 200   200
posts:page                           GET  live               200   200 200 200   200 200 200   200 200 200 200   200
posts:page                           GET  draft              404   404 404 404   404 404 404   404 404 404 404   404
posts:page                           GET  staff              404   404 404 404   404 404 404   404 404 404 404   404
posts:feed                           GET  -                  200   200 200 200   200 200 200   200 200 200 200   200
posts:division                       GET  northeast          200   200 200 200   200 200 200   200 200 200 200   200
posts:division_feed                  GET  northeast          200   200 200 200   200 200 200   200 200 200 200   200
posts:file                           GET  library            404   200 200 200   404 404 404   200 200 200 200   404
posts:file                           GET  library-thumb      404   200 200 200   404 404 404   200 200 200 200   404
posts:file                           GET  staff              404   200 200 200   200 200 200   200 200 200 200   404
posts:file                           GET  public             200   200 200 200   200 200 200   200 200 200 200   200
posts:robots                         GET  -                  200   200 200 200   200 200 200   200 200 200 200   200
favicon                              GET  -                  302   302 302 302   302 302 302   302 302 302 302   302
health                               GET  -                  200   200 200 200   200 200 200   200 200 200 200   200
health-tick                          GET  -                  200   200 200 200   200 200 200   200 200 200 200   200
account_login                        GET  -                  200   302 302 302   302 302 302   302 302 302 302   302
account_logout                       GET  -                  302   200 200 200   200 200 200   200 200 200 200   200
account_reset_password               GET  -                  200   200 200 200   200 200 200   200 200 200 200   200
account_reset_password_done          GET  -                  200   200 200 200   200 200 200   200 200 200 200   200
account_reset_password_from_key      GET  1,x-y              200   200 200 200   200 200 200   200 200 200 200   200
account_reset_password_from_key_done GET  -                  200   200 200 200   200 200 200   200 200 200 200   200
account_change_password              GET  -                   in   200 200 200   200 200 200   200 200 200 200   200
account_set_password                 GET  -                   in   302 302 302   302 302 302   302 302 302 302   302
account_reauthenticate               GET  -                   in   200 200 200   200 200 200   200 200 200 200   200
account_email                        GET  -                   in   200 200 200   200 200 200   200 200 200 200   200
account_email_verification_sent      GET  -                  200   200 200 200   200 200 200   200 200 200 200   200
account_confirm_email                GET  x                  200   200 200 200   200 200 200   200 200 200 200   200
account_confirm_login_code           GET  -                   in   302 302 302   302 302 302   302 302 302 302   302
account_inactive                     GET  -                  200   200 200 200   200 200 200   200 200 200 200   200
account_signup                       GET  -                  200   302 302 302   302 302 302   302 302 302 302   302
"""


@dataclass(frozen=True, slots=True)
class Row:
    """One address of one thing, asked one way: column -> what it answers."""

    name: str
    how: str
    thing: str
    expected: dict[str, str]


def rows() -> list[Row]:
    """The table, read; a line with another number of cells is an error."""
    lines = (line.split() for line in ADDRESSES.strip().splitlines()[2:] if line.strip())
    return [Row(name, how, thing, dict(zip(COLUMNS, cells, strict=True))) for name, how, thing, *cells in lines]
