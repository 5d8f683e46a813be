# The production image: no embedded servers, no test tools, no Node; static files are built in.

FROM python:3.13-slim-bookworm AS build
WORKDIR /app
ENV PIP_NO_CACHE_DIR=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never
RUN pip install --quiet uv==0.13.9
COPY pyproject.toml uv.lock ./
RUN uv sync --frozen --no-default-groups --group node --compile-bytecode
COPY . .
RUN .venv/bin/python static/build.py \
    && SECRET_KEY=build FIELD_KEYS=YnVpbGQta2V5LXRoYXQtZ3VhcmRzLW5vdGhpbmctMzI= EMAIL_URL=console: \
       DATABASE_URL=postgresql://build@127.0.0.1/build REDIS_URL=redis://127.0.0.1/0 \
       .venv/bin/python manage.py collectstatic --noinput -v 0 \
    && uv sync --frozen --no-default-groups --compile-bytecode \
    && rm -rf node_modules tests benchmarks var/assets/*.lock

FROM python:3.13-slim-bookworm
RUN useradd --system --uid 10001 --home-dir /app --no-create-home substation
WORKDIR /app
COPY --from=build /app /app
RUN mkdir -p var/media && chown -R substation var/media
ENV PATH=/app/.venv/bin:$PATH PYTHONUNBUFFERED=1
USER substation
EXPOSE 8000
CMD ["gunicorn", "config.wsgi", "--bind", "0.0.0.0:8000", "--workers", "2", "--threads", "4", \
     "--timeout", "60", "--no-control-socket", "--worker-tmp-dir", "/dev/shm", "--access-logfile", "-"]
