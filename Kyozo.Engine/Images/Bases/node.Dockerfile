FROM kyozo/base-debian:12 AS npm
RUN apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends nodejs npm ca-certificates
ARG NODE_EXTRA_CA_CERTS
ARG NPM_CONFIG_REGISTRY
# The pattern matches nothing where this host has no authorities of its own.
COPY Dockerfile ca-certificates.cr[t] /kyozo/
WORKDIR /fetched
# Debian's Node.js is too old for most of what is written today, but fetches a newer one.
RUN npm install --no-save --ignore-scripts --no-audit --no-fund --fetch-retries=3 --fetch-retry-mintimeout=1000 --fetch-retry-maxtimeout=5000 "node-linux-$(uname -m | sed 's/x86_64/x64/; s/aarch64/arm64/')@22" npm@11 \
    && mv node_modules/node-linux-*/bin/node node

FROM kyozo/base-debian:12
RUN apt-get update -q \
    && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends libstdc++6 ca-certificates \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin /var/log/*
COPY --from=npm /fetched/node /usr/local/bin/node
COPY --from=npm /fetched/node_modules/npm /usr/local/lib/node_modules/npm
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm && ln -s ../lib/node_modules/npm/bin/npx-cli.js /usr/local/bin/npx
CMD ["node"]
