# One image for all of Party's processes; each runs a command of the Procfile. compose.yaml shows how.
FROM python:3.11-slim-bookworm AS build
WORKDIR /src
COPY deploy/install.sh deploy/
COPY requirements.lock requirements-local.lock requirements-otel.lock ./
# `--build-arg PARTY_EXTRA="otel local"` adds what traces need, and the programs of `party backup`.
ARG PARTY_EXTRA=
RUN sh deploy/install.sh dependencies /opt/party $PARTY_EXTRA
COPY pyproject.toml README.md LICENSE Procfile wsgi.py ./
COPY migrations migrations
COPY workers workers
COPY partyapp partyapp
RUN sh deploy/install.sh application /opt/party

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --home-dir /var/lib/party --create-home party
COPY --from=build /opt/party /opt/party
ENV PATH=/opt/party/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PARTY_DATA_DIR=/var/lib/party \
    PORT=8000
WORKDIR /opt/party/app
USER party
VOLUME /var/lib/party
EXPOSE 8000
# On SIGTERM each process ends what it has begun; 25 s are enough.
STOPSIGNAL SIGTERM
CMD ["sh", "-c", "exec gunicorn --config python:partyapp.gunicorn_conf wsgi:app"]
