FROM kyozo/base-debian:12
RUN apt-get update -q \
    && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends apache2 libapache2-mod-php php-pgsql php-mysql php-mbstring php-xml php-curl \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin /var/log/*
RUN a2enmod rewrite
