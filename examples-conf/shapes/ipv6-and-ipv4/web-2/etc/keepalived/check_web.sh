#!/bin/sh
curl --silent --fail --max-time 1 --output /dev/null http://127.0.0.1/ &&
    curl --silent --fail --max-time 1 --output /dev/null "http://[::1]/"
