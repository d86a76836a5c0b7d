# One recipe for both connectors; ./run image builds and tests them. docs/images.md explains it.
# By hand:
#   docker build --target source      --tag phenom-airbyte/source-phenom:dev .
#   docker build --target destination --tag phenom-airbyte/destination-phenom:dev .
# The base needs python3 (3.10 to 3.13) with its modules venv and pip.
ARG BASE=docker.io/airbyte/python-connector-base:4.0.2@sha256:9fdb1888c4264cf6fee473649ecb593f56f58e5d0096a87ee0b231777e2e3e73

FROM ${BASE} AS dependencies
# Both are optional, and no layer holds them: the settings of pip (a pip.conf) and a certificate file.
ENV PIP_CONFIG_FILE=/run/secrets/pip_conf PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /build
# Its own layer, because the dependencies change seldom. --ignore-installed: a package of the base
# does not count, because the environment does not see it. Then what no command uses is removed:
# tests of packages, and of pycountry and Babel all but the names of countries in the languages that
# source_phenom/models/countries.py knows. The images' user cannot write into the environment, so the
# modules are compiled here, but for two packages that no command imports.
COPY requirements/image.txt ./
RUN --mount=type=secret,id=pip_conf --mount=type=secret,id=ca \
    if [ -f /run/secrets/ca ]; then export PIP_CERT=/run/secrets/ca; fi \
    && python3 -m venv --without-pip /opt/phenom \
    && python3 -m pip --python /opt/phenom install --no-cache-dir --no-compile --ignore-installed \
        --no-deps --require-hashes --only-binary :all: --requirement image.txt \
    && find /opt/phenom -type d -name tests -prune -exec rm -r {} + \
    && find /opt/phenom -path '*/pycountry/locales/*.mo' ! -name iso3166-1.mo -delete \
    && find /opt/phenom -regextype posix-extended -path '*/babel/locale-data/*.dat' ! -regex \
        '.*/(root|ar|bg|cs|da|de|el|en|es|et|fi|fr|he|hi|hr|hu|id|it|ja|ko|lt|lv|ms|nb|nl|no|pl|pt|ro|ru|sk|sl|sv|th|tr|uk|vi|zh)(_.*)?[.]dat' \
        -delete \
    && /opt/phenom/bin/python -m compileall -q -j 0 --invalidation-mode unchecked-hash \
        -x '/(pygments|setuptools)/' /opt/phenom/lib

FROM dependencies AS build
COPY setup.py pyproject.toml MANIFEST.in LICENSE README.md ./
COPY phenom_api phenom_api
COPY phenom_cli phenom_cli
COPY phenom_protocol phenom_protocol
COPY source_phenom source_phenom
COPY destination_phenom destination_phenom
# Built with the locked setuptools, and installed below /build/layer/opt/phenom.
RUN python3 -m pip --python /opt/phenom install --no-cache-dir --no-compile --ignore-installed \
        --no-warn-script-location --no-deps --no-index --no-build-isolation --root /build/layer . \
    && /opt/phenom/bin/python -m compileall -q -j 0 --invalidation-mode unchecked-hash \
        -s /build/layer /build/layer

FROM ${BASE} AS runtime
COPY --from=dependencies /opt/phenom /opt/phenom
COPY --from=build /build/layer/ /
ENV PATH=/opt/phenom/bin:$PATH PYTHONNOUSERSITE=1
WORKDIR /airbyte/integration_code
# The base image's user airbyte. With a number, Kubernetes can check that it is not root.
USER 1000:1000

FROM runtime AS destination
ENV AIRBYTE_ENTRYPOINT=/opt/phenom/bin/destination-phenom
LABEL io.airbyte.name=phenom-airbyte/destination-phenom
ENTRYPOINT ["/opt/phenom/bin/destination-phenom"]

# A build without --target makes the last stage.
FROM runtime AS source
ENV AIRBYTE_ENTRYPOINT=/opt/phenom/bin/source-phenom
LABEL io.airbyte.name=phenom-airbyte/source-phenom
ENTRYPOINT ["/opt/phenom/bin/source-phenom"]
