#!/bin/sh
case $1 in
    add) ip route replace local 203.0.113.53/32 dev lo ;;
    del) ip route del local 203.0.113.53/32 dev lo ;;
esac
