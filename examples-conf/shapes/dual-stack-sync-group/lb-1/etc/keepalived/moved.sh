#!/bin/sh
# GROUP NAME STATE PRIORITY
logger -t keepalived "$1 $2 is $3"
