#!/bin/sh
# Becomes the server; REDIS_PASSWORD asks everybody for it. Without one the server is open to its own network, which is what it is started in.
set -eu
[ "${1:-}" = redis-server ] || exec "$@"
umask 077
if [ -n "${REDIS_PASSWORD:-}" ]; then
  set -- "$@" --requirepass "$REDIS_PASSWORD"
  unset REDIS_PASSWORD
else
  set -- "$@" --protected-mode no
fi
exec "$@"
