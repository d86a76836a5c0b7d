# syntax=docker/dockerfile:1
# One recipe for both connectors:
#   docker build --target source      --tag phenom-airbyte/source-phenom:dev .
#   docker build --target destination --tag phenom-airbyte/destination-phenom:dev .
ARG BASE=docker.io/airbyte/python-connector-base:4.0.2@sha256:9fdb1888c4264cf6fee473649ecb593f56f58e5d0096a87ee0b231777e2e3e73

FROM ${BASE} AS build
# The images' user cannot write into the environment, so the modules are compiled here.
ENV UV_COMPILE_BYTECODE=1 UV_NO_CACHE=1
WORKDIR /build
# Its own layer, because the dependencies change seldom.
COPY requirements/image.txt ./
RUN pip install --no-cache-dir uv==0.13.9 \
    && uv venv --python "$(command -v python)" /opt/phenom \
    && uv pip install --python /opt/phenom --no-deps --require-hashes --only-binary :all: \
        --requirement image.txt
COPY setup.py pyproject.toml MANIFEST.in LICENSE README.md ./
COPY phenom_api phenom_api
COPY phenom_cli phenom_cli
COPY phenom_protocol phenom_protocol
COPY source_phenom source_phenom
COPY destination_phenom destination_phenom
RUN uv pip install --python /opt/phenom --no-deps .

FROM ${BASE} AS runtime
COPY --from=build /opt/phenom /opt/phenom
ENV PATH=/opt/phenom/bin:$PATH PYTHONNOUSERSITE=1
WORKDIR /airbyte/integration_code
# The base image's user airbyte. With a number, Kubernetes can check that it is not root.
USER 1000

FROM runtime AS destination
ENV AIRBYTE_ENTRYPOINT=/opt/phenom/bin/destination-phenom
LABEL io.airbyte.name=phenom-airbyte/destination-phenom
ENTRYPOINT ["/opt/phenom/bin/destination-phenom"]

# A build without --target makes the last stage.
FROM runtime AS source
ENV AIRBYTE_ENTRYPOINT=/opt/phenom/bin/source-phenom
LABEL io.airbyte.name=phenom-airbyte/source-phenom
ENTRYPOINT ["/opt/phenom/bin/source-phenom"]
