#!/bin/sh
# HAProxy serves its statistics, and has a primary behind it.
port=${1:-8404}
stats=$(curl -fsS --max-time 1 "http://127.0.0.1:$port/stats;csv") || exit 1
printf '%s\n' "$stats" | grep -q '^primary,BACKEND,.*,UP,'
