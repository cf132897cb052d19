FROM kyozo/base-node:22 AS npm
ARG NODE_EXTRA_CA_CERTS
ARG NPM_CONFIG_REGISTRY
# The pattern matches nothing where this host has no authorities of its own.
COPY Dockerfile ca-certificates.cr[t] /kyozo/
WORKDIR /fetched
# For every processor of its kind, also those without AVX2.
RUN npm install --no-save --ignore-scripts --no-audit --no-fund --fetch-retries=3 --fetch-retry-mintimeout=1000 --fetch-retry-maxtimeout=5000 bun@1.2 \
    && mv "node_modules/@oven/bun-linux-$(uname -m | sed 's/x86_64/x64-baseline/')/bin/bun" /usr/local/bin/bun

FROM kyozo/base-debian:12
RUN apt-get update -q \
    && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin /var/log/*
COPY --from=npm /usr/local/bin/bun /usr/local/bin/bun
# Programs of packages say that they want node: Bun runs them as well.
RUN ln -s bun /usr/local/bin/bunx && mkdir /usr/local/bun-node-fallback-bin && ln -s /usr/local/bin/bun /usr/local/bun-node-fallback-bin/node
ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/bun-node-fallback-bin
CMD ["bun"]
