# The program in a container: one process, one port, not root. It starts in paper and trades nowhere until told otherwise.
#   docker build -t extended-mm-bot . && docker run --init -p 127.0.0.1:8000:8000 extended-mm-bot

# ── the screen ──
FROM node:20-slim AS screen
WORKDIR /src/frontend
COPY frontend/package.json frontend/package-lock.json frontend/.npmrc ./
RUN npm ci
COPY frontend ./
# Empty: the screen talks to the server that serves it.
ARG VITE_PYTHON_PROXY_URL=""
RUN npm run build

# ── the wheel, built with the locked tools ──
FROM python:3.11-slim AS wheel
WORKDIR /src
COPY requirements-dev.lock ./
RUN python -m pip install --no-cache-dir --require-hashes -r requirements-dev.lock
COPY pyproject.toml hatch_build.py README.md LICENSE ./
COPY bot bot
COPY simulator simulator
COPY backend backend
COPY --from=screen /src/backend/ui_dist backend/ui_dist
RUN python -m pip wheel --no-deps --no-build-isolation --wheel-dir /wheels .

# ── what runs ──
FROM python:3.11-slim
RUN useradd --system --uid 10001 --create-home --home-dir /var/lib/mmbot mmbot \
    && chmod 0700 /var/lib/mmbot
COPY requirements.lock ./
RUN python -m pip install --no-cache-dir --require-hashes -r requirements.lock
COPY --from=wheel /wheels /wheels
RUN python -m pip install --no-cache-dir --no-deps /wheels/*.whl
USER mmbot
WORKDIR /var/lib/mmbot
ENV PYTHONUNBUFFERED=1 \
    MMBOT_ENV=paper \
    MMBOT_HOME=/var/lib/mmbot \
    PORT=8000
VOLUME /var/lib/mmbot
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen('http://127.0.0.1:' + os.environ['PORT'] + '/readyz', timeout=4)"]
# One worker: a second one would be a second bot on the same account. exec: signals reach the program itself.
CMD ["sh", "-c", "exec uvicorn backend.main:app --host 0.0.0.0 --port ${PORT} --workers 1"]
