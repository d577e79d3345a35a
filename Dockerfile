# The images of the gateway and, as target `sandbox`, of the sandbox; deploy/image/README.md says how they are made.

# What they stand on. Pinned by a digest: --build-arg BASE=debian:bookworm-slim@sha256:...
ARG BASE=debian:bookworm-slim

FROM ${BASE} AS compiler
# A time such as 20260801T000000Z: packages are taken as they were then. Without it, as they are now.
ARG DEBIAN_SNAPSHOT=
COPY deploy/image/install.sh deploy/image/snapshot.sh deploy/image/packages/build.txt /image/
RUN ["/image/install.sh", "/image/build.txt", "--keep-lists"]

FROM compiler AS programs
WORKDIR /src
COPY CMakeLists.txt CMakePresets.json ./
COPY deploy/service-config.json deploy/
COPY proto proto
COPY service service
COPY client client
COPY tests tests
ARG CMAKE_BUILD_PARALLEL_LEVEL=
# Optimized as what is tested; what debuggers want besides is not kept.
RUN cmake --preset release -D BUILD_TESTING=OFF -D CMAKE_CXX_FLAGS_RELWITHDEBINFO=-O2 \
    && cmake --build build/release --target concero-gateway concero concero-sandbox \
    && cmake --install build/release --component gateway --strip --prefix /programs/gateway/usr \
    && cmake --install build/release --component command --strip --prefix /programs/gateway/usr \
    && cmake --install build/release --component sandbox --strip --prefix /programs/sandbox/usr

FROM ${BASE} AS sandbox-packages
ARG DEBIAN_SNAPSHOT=
ARG SOURCE_DATE_EPOCH
COPY deploy/image/install.sh deploy/image/snapshot.sh deploy/image/packages/sandbox.txt /image/
RUN ["/image/install.sh", "/image/sandbox.txt"]

FROM ${BASE} AS gateway-packages
ARG DEBIAN_SNAPSHOT=
ARG SOURCE_DATE_EPOCH
COPY deploy/image/install.sh deploy/image/snapshot.sh deploy/image/packages/gateway.txt /image/
# The only directory that is written to.
RUN mkdir /etc/concero-gateway && install -d -o 65532 -g 65532 -m 0700 /var/lib/concero-gateway \
    && /image/install.sh /image/gateway.txt

# What is in both, written down where there is a Python for it.
FROM programs AS contents
COPY deploy/image/spdx /image/spdx
COPY --from=gateway-packages /var/lib/dpkg /roots/gateway/var/lib/dpkg
COPY --from=gateway-packages /usr/share/doc /roots/gateway/usr/share/doc
COPY --from=gateway-packages /usr/lib/os-release /roots/gateway/usr/lib/os-release
COPY --from=sandbox-packages /var/lib/dpkg /roots/sandbox/var/lib/dpkg
COPY --from=sandbox-packages /usr/share/doc /roots/sandbox/usr/share/doc
COPY --from=sandbox-packages /usr/lib/os-release /roots/sandbox/usr/lib/os-release
ARG VERSION=unknown
ARG SOURCE_DATE_EPOCH
RUN ["/image/spdx/contents.sh"]

FROM sandbox-packages AS sandbox
COPY --from=contents /contents/sandbox /
USER 65532:65532
EXPOSE 8080
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/bin/concero-sandbox"]
ARG BASE
ARG VERSION=unknown
ARG REVISION=unknown
ARG CREATED
LABEL org.opencontainers.image.title="concero-sandbox" \
      org.opencontainers.image.description="A stand-in for the Concero assessment portal and for ProctorExam" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}" \
      org.opencontainers.image.base.name="${BASE}"

# The last one is what a build without --target makes.
FROM gateway-packages AS gateway
COPY --from=contents /contents/gateway /
USER 65532:65532
WORKDIR /var/lib/concero-gateway
VOLUME ["/var/lib/concero-gateway"]
EXPOSE 50051 9901
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["/usr/bin/concero-gateway", "--config", "/etc/concero-gateway/config.yaml", "--health-check"]
ENTRYPOINT ["/usr/bin/concero-gateway"]
CMD ["--config", "/etc/concero-gateway/config.yaml"]
ARG BASE
ARG VERSION=unknown
ARG REVISION=unknown
ARG CREATED
LABEL org.opencontainers.image.title="concero-gateway" \
      org.opencontainers.image.description="One gRPC service in front of the Concero assessment portal and ProctorExam" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}" \
      org.opencontainers.image.base.name="${BASE}"
