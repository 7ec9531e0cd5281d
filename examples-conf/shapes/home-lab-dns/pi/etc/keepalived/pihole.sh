#!/bin/sh
if nslookup -timeout=2 pi.hole 127.0.0.1 >/dev/null 2>&1; then
    exit 0
else
    exit 1
fi
