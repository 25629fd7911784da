# The collector and nothing else: no shell, no libc, no package manager.
# `make image` builds the binary on the host and stages what is copied here.
FROM scratch

ARG USER_UID=10001
ARG USER_GID=10001

COPY build/image/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY build/image/LICENSE /licenses/LICENSE
COPY build/image/otelcol /otelcol
COPY build/image/config.yaml /etc/otelcol/config.yaml

USER ${USER_UID}:${USER_GID}

# The shipped config listens on loopback unless told otherwise; in a container
# that would be reachable by nobody.
ENV OTLP_GRPC_ENDPOINT=0.0.0.0:4317 \
    OTLP_HTTP_ENDPOINT=0.0.0.0:4318 \
    HEALTH_ENDPOINT=0.0.0.0:13133 \
    METRICS_HOST=0.0.0.0 \
    METRICS_PORT=8888

# OTLP over gRPC, OTLP over HTTP, own metrics, health.
EXPOSE 4317 4318 8888 13133

ENTRYPOINT ["/otelcol"]
CMD ["--config", "/etc/otelcol/config.yaml"]

# Last, so that a new version or revision does not undo the layers' cache.
ARG VERSION
ARG REVISION
ARG CREATED
LABEL org.opencontainers.image.title="otelcol-correlation" \
      org.opencontainers.image.description="OpenTelemetry Collector with the correlation processor" \
      org.opencontainers.image.source="https://github.com/otelcol-correlation/correlationprocessor" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}"
