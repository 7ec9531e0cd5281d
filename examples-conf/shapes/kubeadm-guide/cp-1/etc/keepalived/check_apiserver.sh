#!/bin/sh
# Asks the API server of this node through the balancer.

fail() {
    echo "$*" >&2
    exit 1
}

curl -sfk --max-time 2 https://localhost:8443/healthz -o /dev/null || fail "no answer on port 8443"
