# Made by Kyozo for a Rust service. In the build context the service's folder is app/.
FROM rust:1.89-slim-bookworm AS build
WORKDIR /src
COPY app/ ./
RUN cargo install --path . --root /out --locked

FROM debian:bookworm-slim
ENV PORT=8080
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
WORKDIR /app
COPY --from=build /out/bin/shop /usr/local/bin/service
USER 1000:1000
EXPOSE 8080
CMD ["service"]
