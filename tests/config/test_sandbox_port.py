"""The port of the made-up network: chosen once, never raced for, and kept while its process is started again."""

import sys
from contextlib import ExitStack
from pathlib import Path

from config.embedded import children
from config.probe import status
from config.processes import Service


def _network(stack: ExitStack, folder: Path, preferred: int) -> tuple[Service, int]:
    listening = stack.enter_context(children.listener(preferred))
    number = listening.fileno()
    command = [sys.executable, "-m", "connectors.sandbox", "--fd", str(number)]
    service = Service("sandbox", [*command, "--state", str(folder)], folder.with_suffix(".log"), fds=(number,))
    stack.callback(service.end)
    service.start()
    return service, int(listening.getsockname()[1])


def _answers(port: int) -> bool:
    return children.wait_until(lambda: status(f"http://{children.HOST}:{port}/_posts") == 200, 60)


def test_two_that_want_one_port_at_the_same_instant_each_have_their_own(tmp_path: Path):
    wanted = children.free_port()
    with ExitStack() as stack:
        (_, first), (_, second) = (_network(stack, tmp_path / f"{n}.sqlite3", wanted) for n in (1, 2))
        assert first != second
        assert _answers(first)
        assert _answers(second)
        assert all((tmp_path / f"{n}.sqlite3").exists() for n in (1, 2)), "each has a process of its own"


def test_nobody_takes_the_port_while_the_network_is_started_again(tmp_path: Path):
    with ExitStack() as stack:
        service, port = _network(stack, tmp_path / "state.sqlite3", 0)
        assert _answers(port)
        service.end()
        assert not children.is_free(port)
        service.start()
        assert _answers(port)
