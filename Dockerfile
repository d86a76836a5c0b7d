# syntax=docker/dockerfile:1
# One recipe for both connectors:
#   docker build --target source      -t phenom-airbyte/source-phenom:dev .
#   docker build --target destination -t phenom-airbyte/destination-phenom:dev .
ARG BASE=docker.io/airbyte/python-connector-base:4.0.2@sha256:9fdb1888c4264cf6fee473649ecb593f56f58e5d0096a87ee0b231777e2e3e73

FROM ${BASE} AS build
USER root
WORKDIR /build
# Only what this project needs at run time, in the versions that its tests ran with.
COPY requirements/connector.txt constraints-with-hashes.txt
COPY setup.py pyproject.toml MANIFEST.in LICENSE README.md ./
COPY phenom_api phenom_api
COPY phenom_cli phenom_cli
COPY phenom_protocol phenom_protocol
COPY source_phenom source_phenom
COPY destination_phenom destination_phenom
RUN sed -e '/--hash/d' -e 's/ *\\$//' constraints-with-hashes.txt > constraints.txt \
    && python -m venv /opt/phenom \
    && /opt/phenom/bin/pip install --no-cache-dir --constraint constraints.txt .

FROM ${BASE} AS runtime
COPY --from=build /opt/phenom /opt/phenom
ENV PATH=/opt/phenom/bin:$PATH PYTHONNOUSERSITE=1
WORKDIR /airbyte/integration_code
USER airbyte

FROM runtime AS destination
ENV AIRBYTE_ENTRYPOINT=/opt/phenom/bin/destination-phenom
LABEL io.airbyte.name=phenom-airbyte/destination-phenom
ENTRYPOINT ["/opt/phenom/bin/destination-phenom"]

# The last stage is what a build without --target makes.
FROM runtime AS source
ENV AIRBYTE_ENTRYPOINT=/opt/phenom/bin/source-phenom
LABEL io.airbyte.name=phenom-airbyte/source-phenom
ENTRYPOINT ["/opt/phenom/bin/source-phenom"]
