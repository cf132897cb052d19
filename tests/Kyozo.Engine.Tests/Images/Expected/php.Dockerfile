# Made by Kyozo for a PHP service. In the build context the service's folder is app/.
FROM composer:2 AS build
WORKDIR /app
ARG COMPOSER_ALLOW_SUPERUSER=1
COPY app/composer.json app/composer.lock ./
RUN composer install --no-dev --no-interaction --no-progress --no-scripts --no-autoloader --ignore-platform-reqs
COPY app/ ./
RUN composer dump-autoload --no-dev --optimize --no-scripts

FROM php:8.4-apache-bookworm
COPY .kyozo/apache.conf /etc/apache2/apache2.conf
COPY --from=build --chown=1000:1000 /app /app
WORKDIR /app
USER 1000:1000
EXPOSE 8080
ENTRYPOINT []
CMD ["apache2", "-DFOREGROUND"]
