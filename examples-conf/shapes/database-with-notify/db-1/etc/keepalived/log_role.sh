#!/bin/sh
logger -t keepalived "$2 is $3 with priority $4"
