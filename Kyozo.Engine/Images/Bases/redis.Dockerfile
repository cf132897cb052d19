FROM kyozo/base-debian:12
# The number is the one that the well-known image uses: volumes fit both.
RUN groupadd --gid 999 redis && useradd --uid 999 --gid 999 --home-dir /data redis
RUN apt-get update -q \
    && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends redis-server \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin /var/log/*
RUN mkdir -p /data && chown 999:999 /data
COPY redis-entrypoint.sh /usr/local/bin/kyozo-entrypoint
WORKDIR /data
USER 999:999
VOLUME /data
EXPOSE 6379
ENTRYPOINT ["kyozo-entrypoint"]
CMD ["redis-server", "--dir", "/data", "--appendonly", "yes"]
