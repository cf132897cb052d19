#!/bin/sh
# Makes the database at the first start, then becomes the server. Understands the variables of the well-known
# postgres image: POSTGRES_PASSWORD or POSTGRES_PASSWORD_FILE (one is required), POSTGRES_USER, POSTGRES_DB, PGDATA.
set -eu
case "${1:-}" in
  postgres) shift ;;
  -*) ;;
  *) exec "$@" ;;
esac

PGDATA="${PGDATA:-/var/lib/postgresql/data/pgdata}"
user="${POSTGRES_USER:-postgres}"
database="${POSTGRES_DB:-$user}"

if [ ! -s "$PGDATA/PG_VERSION" ]; then
  [ -z "${POSTGRES_PASSWORD_FILE:-}" ] || POSTGRES_PASSWORD="$(cat "$POSTGRES_PASSWORD_FILE")"
  : "${POSTGRES_PASSWORD:?is needed to make the database}"
  umask 077
  # Made beside its place and moved there whole: a first start that was interrupted begins again.
  fresh="$PGDATA.new"
  rm -rf "$fresh"
  password="$(mktemp)"
  printf '%s' "$POSTGRES_PASSWORD" > "$password"
  initdb -D "$fresh" -U "$user" --pwfile="$password" --auth=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8
  rm "$password"
  echo 'host all all all scram-sha-256' >> "$fresh/pg_hba.conf"
  if [ "$database" != postgres ]; then
    quoted="$(printf '%s' "$database" | sed 's/"/""/g')"
    echo "CREATE DATABASE \"$quoted\"" | postgres --single -D "$fresh" -c log_min_messages=error postgres > /dev/null
  fi
  if [ -d "$PGDATA" ]; then rmdir "$PGDATA"; fi
  mv "$fresh" "$PGDATA"
  echo "The database $database of $user is made."
fi

unset POSTGRES_PASSWORD
exec postgres -D "$PGDATA" -c listen_addresses='*' -c unix_socket_directories=/tmp -c password_encryption=scram-sha-256 "$@"
