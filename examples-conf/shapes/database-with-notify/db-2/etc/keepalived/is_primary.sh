#!/bin/bash
answer=$(timeout 3 psql --no-align --tuples-only --command 'select not pg_is_in_recovery()' postgres)
[ "$answer" = t ]
