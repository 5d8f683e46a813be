"""`make demo`: the whole system on one machine, in the foreground, and `make demo-reset`.

python -m config.run_demo          start everything, print `Ready: …`, stay; INT or TERM stops it all
python -m config.run_demo reset    drop the demo's data
"""

import fcntl
import os
import shutil
import signal
import sys
from contextlib import ExitStack

from config import local
from config.embedded import attach, children, postgres
from config.local import LocalError
from config.probe import status
from config.processes import Service, Stopped, run_to_end, stop_on_signals, watch

VAR = local.VAR_DIR
LOGS = VAR / "log"
MANAGE = [sys.executable, str(local.BASE_DIR / "manage.py")]
CELERY = [sys.executable, "-m", "celery", "-A", "config"]
SIGN_INS = (
    ("officer.northeast@demo.example", "officer of the Northeast substation"),
    ("supervisor.northeast@demo.example", "supervisor of the Northeast substation"),
    ("officer.central@demo.example", "officer of the Central substation"),
    ("smo@demo.example", "central social media officer"),
    ("records@demo.example", "records officer"),
    ("admin@demo.example", "administrator"),
)


def services(port: int, sandbox: int) -> tuple[Service, ...]:
    """Return what runs beside the two servers, in the order of starting; `sandbox` is the socket that it serves."""
    web = [
        *(sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", f"{children.HOST}:{port}"),
        *("--workers", "2", "--threads", "4", "--timeout", "60", "--graceful-timeout", "5"),
        *("--no-control-socket", "--access-logfile", "-"),
    ]
    worker = [*CELERY, "worker", "--loglevel", "INFO", "--queues", "default,delivery"]
    quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    beat = [*CELERY, "beat", "--loglevel", "WARNING", "--schedule", str(VAR / "beat" / "schedule")]
    patience = ((signal.SIGTERM, 8.0), (signal.SIGQUIT, 3.0))  # TERM waits for the calls under way
    return (
        Service("sandbox", [*MANAGE, "sandbox", "--fd", str(sandbox)], LOGS / "sandbox.log", fds=(sandbox,)),
        Service("web", web, LOGS / "web.log", on_parent_death=signal.SIGTERM),
        Service("worker", worker + quiet, LOGS / "worker.log", stop=patience),
        Service("beat", [*beat, "--pidfile="], LOGS / "beat.log"),
    )


def run() -> None:
    """Start everything in order, say so, and keep it alive. Raises Stopped, LocalError."""
    port = _port()
    with ExitStack() as stack:
        stack.enter_context(_only_one(port))
        say("Starting PostgreSQL and Redis …")
        sandbox = stack.enter_context(children.listener(local.port(VAR, "sandbox")))
        sandbox_port = int(sandbox.getsockname()[1])
        local.remember_port(VAR, "sandbox", sandbox_port)
        servers = stack.enter_context(attach.servers(VAR, wait=False))
        os.environ |= {"PORT": str(port), "PYTHONUNBUFFERED": "1", "SUBSTATION_DEMO": "1"}
        (VAR / "beat").mkdir(exist_ok=True)
        say("Bringing the database up to date …")
        run_to_end([*MANAGE, "migrate", "--noinput"], log=LOGS / "migrate.log", doing="migrate")
        running = services(port, sandbox.fileno())
        _start(running[0], stack)
        _wait(running[0], f"http://{children.HOST}:{sandbox_port}/_posts")
        load()
        for service in running[1:]:
            _start(service, stack)
        _wait(running[1], f"http://{children.HOST}:{port}/health/")
        _say_ready(port)
        watch(running, also=lambda: _revive(servers))


def load() -> None:
    """Load the demo department; what is there already stays as it is."""
    say("Loading the demo department …")
    run_to_end([*MANAGE, "load_demo"], log=LOGS / "load_demo.log", doing="load_demo")


def reset() -> None:
    """Drop the demo's data and keys; what `make setup` built stays. Raises LocalError."""
    with _only_one(None):
        attach.check_owner(VAR)
        postgres.stop_orphan(VAR / "postgres")
        for name in ("postgres", "postgres.new", "redis", "media", "mail", "beat", "log"):
            shutil.rmtree(VAR / name, ignore_errors=True)
        for path in VAR.glob("sandbox*"):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        (VAR / "local.json").unlink(missing_ok=True)
    say("The demo's data is gone; `make demo` makes it anew.")


def say(line: str) -> None:
    """Print one line now, also into a pipe."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _port() -> int:
    text = os.environ.get("PORT") or "8000"
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise LocalError(f"PORT: {text!r} is no port.", "make demo PORT=8000")
    if not children.is_free(int(text)):
        raise LocalError(f"Port {text} is in use on this machine.", f"make demo PORT={int(text) % 65535 + 1}")
    return int(text)


def _only_one(port: int | None) -> ExitStack:
    """Hold the demo's lock. Raises LocalError when a demo of this checkout runs."""
    attach.check_owner(VAR)
    stack = ExitStack()
    try:
        stack.enter_context(local.locked(VAR / "demo.lock", fcntl.LOCK_EX | fcntl.LOCK_NB))
    except BlockingIOError as error:
        raise LocalError("The demo of this checkout is running.", "stop it first (Ctrl-C there)") from error
    return stack


def _start(service: Service, stack: ExitStack) -> None:
    stack.callback(service.end)
    service.start()


def _wait(service: Service, url: str, wait_s: float = 120) -> None:
    """Wait for a 200. Raises LocalError when the process ends first or never answers."""

    def answers() -> bool:
        if service.child is None or service.child.poll() is not None:
            raise LocalError(f"{service.name} ended:\n{children.tail(service.log)}", f"see {service.log}")
        return status(url) == 200

    if not children.wait_until(answers, wait_s, every_s=0.1):
        problem = f"{service.name} did not answer at {url} (last: {status(url)})."
        raise LocalError(f"{problem}\n{children.tail(service.log)}", f"see {service.log}")


def _revive(servers: list[attach.Server]) -> None:
    """Start a database or a broker again that was killed; the rest finds it at the same address."""
    for server in servers:
        if server.child and server.child.poll() is not None:
            say(f"{type(server).__name__} ended by itself; again.")
            before, server.child = server.port, None
            server.start()
            if server.port != before:
                raise LocalError(f"Port {before} was taken meanwhile.", "make demo")


def _say_ready(port: int) -> None:
    say(f"Ready: http://{children.HOST}:{port}/")
    say(f"\nThe desk is at http://{children.HOST}:{port}/desk/ . Sign in as")
    for address, who in SIGN_INS:
        say(f"  {address:<36} {who}")
    say(f"all with the password {os.environ.get('DEMO_PASSWORD') or local.DEMO_PASSWORD}")
    say(f"\nThe made-up network: {os.environ['SANDBOX_URL']}/   Logs: var/log/   Stop: Ctrl-C")


def main(arguments: list[str]) -> int:
    """Run or reset the demo; returns the exit code."""
    if os.environ.get("DIE_WITH_PARENT") == "1":
        children.follow_parent(signal.SIGTERM)
    try:
        with stop_on_signals():
            reset() if arguments == ["reset"] else run()
    except Stopped:
        say("Stopped.")
    except LocalError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
