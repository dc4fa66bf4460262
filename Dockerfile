# The image of Waybill: one static program that runs without root, without a shell, and with a root file system
# that nothing is written to. Only an export of decision logs writes, to /exports.
#
#   docker build --build-arg VERSION=v1.2.3 --build-arg REVISION=$(git rev-parse HEAD) --tag waybill:v1.2.3 .
#
# Both bases are named by tag, and not by digest: see docs/releasing.md.

FROM --platform=$BUILDPLATFORM golang:1.26.8-bookworm AS build
ENV CGO_ENABLED=0 GOTOOLCHAIN=local
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG TARGETOS
ARG TARGETARCH
# There is no git here from which Go could take them.
ARG VERSION=""
ARG REVISION=""
RUN GOOS=$TARGETOS GOARCH=$TARGETARCH go build -trimpath -o out/waybill \
      -ldflags "-s -w -X waybill/version.givenVersion=$VERSION -X waybill/version.givenCommit=$REVISION" ./cmd/waybill \
    && mkdir out/exports

# The project gives its images no tag of a version.
FROM gcr.io/distroless/static-debian12:nonroot
ARG VERSION=""
ARG REVISION=""
# The address of the repository that this was built from.
ARG SOURCE=""
LABEL org.opencontainers.image.title="Waybill" \
      org.opencontainers.image.description="Turns Sendcloud webhooks into tracking mails and refunds, durably" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION" \
      org.opencontainers.image.source="$SOURCE"
COPY LICENSE /LICENSE
COPY --from=build /src/out/waybill /waybill
# A new volume takes its owner from the folder that it covers. 65532 is nonroot; Kubernetes wants the number.
COPY --from=build --chown=65532:65532 /src/out/exports /exports
USER 65532:65532
# What the health check asks. To let Prometheus in, set it to 0.0.0.0:9090.
ENV WAYBILL_METRICS_LISTEN=127.0.0.1:9090
EXPOSE 8080
HEALTHCHECK --interval=15s --timeout=6s --start-period=60s CMD ["/waybill", "health", "--ready"]
ENTRYPOINT ["/waybill"]
