FROM kyozo/base-debian:12
# The number is the one that the well-known image uses: volumes fit both.
RUN groupadd --gid 999 rabbitmq && useradd --uid 999 --gid 999 --home-dir /var/lib/rabbitmq rabbitmq
RUN apt-get update -q \
    && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends rabbitmq-server \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin /var/log/* /var/lib/rabbitmq
RUN mkdir /var/lib/rabbitmq /var/log/rabbitmq && chown 999:999 /var/lib/rabbitmq /var/log/rabbitmq && chmod 0700 /var/lib/rabbitmq
# Debian's own start scripts change the user; this one starts as it.
ENV PATH=/usr/lib/rabbitmq/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    HOME=/var/lib/rabbitmq LANG=C.UTF-8 RABBITMQ_LOGS=- RABBITMQ_NODENAME=rabbit@localhost
USER 999:999
VOLUME /var/lib/rabbitmq
EXPOSE 5672
CMD ["rabbitmq-server"]
