# One image for every process and command of Rollcall: docs/how-to/deploy.md.
# By digest where deploy/pin-images.sh has written one: a tag may be moved.
ARG PYTHON_IMAGE=python:3.12-slim
FROM ${PYTHON_IMAGE} AS build

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /build

# The environment is made where it will live, since its scripts name their interpreter. Binary packages alone: a package
# that had to be compiled would ask for a compiler that is not here, and say so.
COPY requirements/build.txt requirements/runtime.txt requirements/
RUN pip install --quiet --require-hashes --requirement requirements/build.txt \
 && python -m venv --without-pip /opt/rollcall \
 && pip --python /opt/rollcall/bin/python install --quiet --require-hashes --only-binary :all: \
    --requirement requirements/runtime.txt

COPY . .
RUN pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist . \
 && pip --python /opt/rollcall/bin/python install --quiet --no-deps dist/*.whl


FROM ${PYTHON_IMAGE}

# Nothing can be installed into a running container. The id is fixed, so that a volume's owner can be set from outside.
RUN pip uninstall --yes --quiet --root-user-action ignore pip \
 && useradd --uid 10001 --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin rollcall \
 && install --directory --owner rollcall --group rollcall --mode 0700 /var/lib/rollcall /var/lib/rollcall-logins
COPY --from=build /opt/rollcall /opt/rollcall

# ADMIN_HOST: a container's own 127.0.0.1 is out of reach for whoever scrapes its metrics.
ENV PATH=/opt/rollcall/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    ADMIN_HOST=0.0.0.0 \
    ROLLCALL_CONFIG=/etc/rollcall/rollcall.yaml \
    ROLLCALL_DATA_DIR=/var/lib/rollcall \
    ZOOM_TOKEN_DIR=/var/lib/rollcall-logins

USER 10001:10001
WORKDIR /var/lib/rollcall
EXPOSE 8080 8081 8082 8083 8084

# Liveness, so that whatever replaces unhealthy containers leaves those alone that only wait for Kafka.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --start-interval=1s --retries=3 \
    CMD ["python", "-m", "runtime.probe", "live"]
ENTRYPOINT ["rollcall"]
CMD ["--help"]
