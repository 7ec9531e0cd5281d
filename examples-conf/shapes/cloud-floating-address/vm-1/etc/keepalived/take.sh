#!/bin/sh
# Tells the provider where the address is now; tries for a minute.
for try in 1 2 3 4 5 6; do
    provider floating-ip assign --address 203.0.113.99 --to "$1" && exit 0
    sleep 10
done
exit 1
