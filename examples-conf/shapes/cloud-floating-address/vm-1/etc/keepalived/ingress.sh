#!/bin/bash
set -euo pipefail
curl --fail --silent --max-time 1 --output /dev/null http://127.0.0.1:10254/healthz
