# Made by Kyozo for a Go service. In the build context the service's folder is app/.
FROM golang:1.25-bookworm AS build
WORKDIR /src
COPY app/go.mod app/go.sum ./
RUN go mod download
COPY app/ /src/
ARG CGO_ENABLED=0
ARG GOFLAGS=-trimpath
RUN go build -o app ./cmd/server

FROM debian:bookworm-slim
ENV PORT=8080
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build --chown=1000:1000 /src /app
WORKDIR /app
USER 1000:1000
EXPOSE 8080
CMD ["./app"]
