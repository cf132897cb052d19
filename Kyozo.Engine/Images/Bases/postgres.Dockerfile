FROM kyozo/base-debian:12
# The number is the one that the well-known image uses: volumes fit both.
RUN groupadd --gid 999 postgres && useradd --uid 999 --gid 999 --home-dir /var/lib/postgresql postgres
# Without this file the package makes a database of its own.
RUN mkdir -p /etc/postgresql-common && echo 'create_main_cluster = false' > /etc/postgresql-common/createcluster.conf
RUN apt-get update -q \
    && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends postgresql-15 \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin /var/log/*
RUN mkdir -p /var/lib/postgresql/data && chown 999:999 /var/lib/postgresql/data && chmod 0700 /var/lib/postgresql/data
ENV PATH=/usr/lib/postgresql/15/bin:/usr/local/bin:/usr/bin:/bin LANG=C.UTF-8
COPY postgres-entrypoint.sh /usr/local/bin/kyozo-entrypoint
USER 999:999
VOLUME /var/lib/postgresql/data
EXPOSE 5432
STOPSIGNAL SIGINT
ENTRYPOINT ["kyozo-entrypoint"]
CMD ["postgres"]
