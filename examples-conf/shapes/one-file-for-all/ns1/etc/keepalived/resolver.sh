#!/bin/sh
dig +short +time=1 +tries=1 @127.0.0.1 health.example TXT | grep -q ok
