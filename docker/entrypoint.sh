#!/bin/sh
# Prefect's ACI worker starts every container with this path before its command. All the code is in the image already.
set -eu
exec "$@"
