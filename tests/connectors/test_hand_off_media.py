"""What a person attaches by hand never stops the pack; what they would paste still does."""

from datetime import UTC, datetime

from connectors import registry
from connectors.contract import Act, Outgoing, Problem


def _youtube(title: str) -> tuple[Problem, ...]:
    connector = registry.get("youtube", "hand_off")
    outgoing = Outgoing(
        act=Act.PUBLISH,
        key="k",
        planned_at=datetime(2026, 11, 24, tzinfo=UTC),
        title=title,
        text="Three minutes, with captions.",
        language="en",
        link=None,
    )
    return connector.render(outgoing, connector.capabilities()).problems


def test_a_film_that_we_do_not_hold_is_a_warning_in_hand_off() -> None:
    (problem,) = _youtube("How to lock a bicycle")
    assert (problem.code, problem.severity) == ("MEDIA_REQUIRED", "warning")


def test_words_that_the_platform_refuses_still_stop_in_hand_off() -> None:
    assert any(p.severity == "stop" for p in _youtube("A < B"))
