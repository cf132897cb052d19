FROM kyozo/base-node:22 AS npm
ARG NODE_EXTRA_CA_CERTS
ARG NPM_CONFIG_REGISTRY
# The pattern matches nothing where this host has no authorities of its own.
COPY Dockerfile ca-certificates.cr[t] /kyozo/
WORKDIR /fetched
RUN npm install --no-save --ignore-scripts --no-audit --no-fund --fetch-retries=3 --fetch-retry-mintimeout=1000 --fetch-retry-maxtimeout=5000 deno@2 \
    && mv "node_modules/@deno/linux-$(uname -m | sed 's/x86_64/x64/; s/aarch64/arm64/')-glibc/deno" /usr/local/bin/deno

FROM kyozo/base-debian:12
RUN apt-get update -q \
    && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin /var/log/*
COPY --from=npm /usr/local/bin/deno /usr/local/bin/deno
CMD ["deno"]
