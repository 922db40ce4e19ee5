#!/bin/sh
# Prefect's ACI worker starts every container with this path before its command. All the code is in the image already;
# secrets come from Key Vault, read by the container's own identity.
set -eu
if [ -n "${SOUNDTRACKS_KEY_VAULT_URL:-}" ]; then
  exec python -m soundtracks.operations.vault "$@"
fi
exec "$@"
