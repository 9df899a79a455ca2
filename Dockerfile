# Drivearr in a container. Build: docker compose build
FROM python:3.11-slim-bookworm

# util-linux (blkid, mount), setpriv for leaving root, rsync is not needed.
RUN apt-get update \
    && apt-get install -y --no-install-recommends tini util-linux mount \
    && rm -rf /var/lib/apt/lists/*

WORKDIR /app
COPY requirements/ requirements/
RUN pip install --no-cache-dir --require-hashes -r requirements/build.txt -r requirements/runtime.txt
COPY . .
RUN pip install --no-cache-dir --no-build-isolation --no-deps --editable . \
    && python -m compileall -q drivearr library drives plexlink syncqueue

ENV DRIVEARR_DATA_DIR=/config \
    DRIVEARR_RUNTIME_DIR=/tmp/drivearr \
    DRIVEARR_HOST=0.0.0.0 \
    DRIVEARR_BROWSE_ROOTS=/media:/mnt \
    PUID=1000 PGID=1000 \
    PYTHONUNBUFFERED=1
VOLUME /config
EXPOSE 8484
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s CMD \
    python -c "import os,urllib.request as u; u.urlopen(f'http://127.0.0.1:{os.environ.get(\"DRIVEARR_PORT\",\"8484\")}/health/', timeout=4)"

ENTRYPOINT ["tini", "--", "/app/.ci/container-start"]
CMD ["drivearr", "up"]
