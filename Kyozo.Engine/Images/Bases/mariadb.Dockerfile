FROM kyozo/base-debian:12
# The number is the one that the well-known image uses: volumes fit both.
RUN groupadd --gid 999 mysql && useradd --uid 999 --gid 999 --home-dir /var/lib/mysql mysql
RUN apt-get update -q \
    && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends mariadb-server \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin /var/log/* /var/lib/mysql
RUN mkdir /var/lib/mysql && chown 999:999 /var/lib/mysql && chmod 0700 /var/lib/mysql
COPY mariadb-entrypoint.sh /usr/local/bin/kyozo-entrypoint
USER 999:999
VOLUME /var/lib/mysql
EXPOSE 3306
ENTRYPOINT ["kyozo-entrypoint"]
CMD ["mariadbd"]
