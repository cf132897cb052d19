FROM kyozo/base-debian:12
RUN apt-get update -q \
    && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends memcached \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin /var/log/*
USER 11211:11211
EXPOSE 11211
CMD ["memcached", "-m", "64"]
