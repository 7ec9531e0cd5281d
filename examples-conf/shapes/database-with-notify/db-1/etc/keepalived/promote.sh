#!/bin/sh
exec pg_ctl promote --pgdata /var/lib/postgresql/data
