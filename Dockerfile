# The image of the operator: `make image IMAGE=registry.example.com/pod-identity-operator:0.1.0`.
# Its files are those that tools/image.ts lays out; test/config/image.cluster.ts starts them the same way.

# Pin both by digest where you build for production: --build-arg RUNTIME_IMAGE=…@sha256:…
ARG BUILD_IMAGE=docker.io/library/node:24-bookworm-slim
ARG RUNTIME_IMAGE=gcr.io/distroless/nodejs24-debian12:nonroot

FROM ${BUILD_IMAGE} AS build
WORKDIR /src
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY LICENSE ./
COPY tools tools
COPY src src
RUN node tools/image.ts /image

# The cache of compiled code is of the Node that will read it, and of this kind of processor.
FROM ${RUNTIME_IMAGE} AS compiled
USER 0:0
COPY --from=build /image /
COPY --from=build /src/tools/compile.ts /tools/
RUN ["/nodejs/bin/node", "/tools/compile.ts", "/app"]

FROM ${RUNTIME_IMAGE}
COPY --from=compiled /app /app
WORKDIR /app
USER 65532:65532
# The AWS SDK asks for a home, whoever the cluster makes it run as.
ENV HOME=/app
EXPOSE 8081
ENTRYPOINT ["/nodejs/bin/node"]
CMD ["main.js"]
