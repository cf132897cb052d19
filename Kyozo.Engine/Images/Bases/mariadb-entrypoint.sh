#!/bin/sh
# Makes the database at the first start, then becomes the server. Understands the variables of the well-known mariadb image: MARIADB_DATABASE,
# MARIADB_USER and MARIADB_PASSWORD or MARIADB_PASSWORD_FILE. root comes in by the container's own socket only, so it needs no password.
set -eu
case "${1:-}" in
  mariadbd | mysqld) shift ;;
  -*) ;;
  *) exec "$@" ;;
esac

data=/var/lib/mysql
fresh="$data/.fresh"
identifier() { printf '`%s`' "$(printf '%s' "$1" | sed 's/`/``/g')"; }
literal() { printf "'%s'" "$(printf '%s' "$1" | sed "s/['\\\\]/\\\\&/g")"; }

if [ ! -d "$data/mysql" ]; then
  [ -z "${MARIADB_PASSWORD_FILE:-}" ] || MARIADB_PASSWORD="$(cat "$MARIADB_PASSWORD_FILE")"
  umask 077
  # Made beside its place and moved there, the folder that tells last: a first start that was interrupted begins again.
  rm -rf "$fresh"
  mkdir "$fresh"
  accounts="$(mktemp)"
  if [ -n "${MARIADB_DATABASE:-}" ]; then
    echo "CREATE DATABASE $(identifier "$MARIADB_DATABASE");" >> "$accounts"
  fi
  if [ -n "${MARIADB_USER:-}" ]; then
    : "${MARIADB_PASSWORD:?is needed to make the account}"
    {
      echo "FLUSH PRIVILEGES;"
      echo "CREATE USER $(literal "$MARIADB_USER")@'%' IDENTIFIED BY $(literal "$MARIADB_PASSWORD");"
      [ -z "${MARIADB_DATABASE:-}" ] || echo "GRANT ALL ON $(identifier "$MARIADB_DATABASE" | sed 's/_/\\_/g').* TO $(literal "$MARIADB_USER")@'%';"
    } >> "$accounts"
  fi
  mariadb-install-db --datadir="$fresh" --skip-test-db --extra-file="$accounts" > /dev/null
  rm "$accounts"
  find "$fresh" -mindepth 1 -maxdepth 1 ! -name mysql -exec mv -f -t "$data" {} +
  mv "$fresh/mysql" "$data/mysql"
  rmdir "$fresh"
  echo "The database ${MARIADB_DATABASE:-} of ${MARIADB_USER:-root} is made."
fi

unset MARIADB_PASSWORD
exec mariadbd --datadir="$data" --bind-address=0.0.0.0 --skip-name-resolve --socket=/tmp/mysqld.sock --pid-file=/tmp/mysqld.pid "$@"
