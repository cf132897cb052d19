# Made by Kyozo for a Go service. In the build context the service's folder is app/.
FROM golang:1.25-bookworm AS build
WORKDIR /src
COPY app/go.mod app/go.sum ./
RUN go mod download
COPY app/ ./
ARG CGO_ENABLED=0
RUN go build -trimpath -o /out/service ./cmd/server

FROM debian:bookworm-slim
ENV PORT=8080
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --chown=1000:1000 app/ /app/
WORKDIR /app
COPY --from=build /out/service /usr/local/bin/service
USER 1000:1000
EXPOSE 8080
CMD ["service"]
