#!/bin/bash
# In sync, and not a donor that blocks.
state=$(mysql --defaults-file=/etc/mysql/check.cnf --connect-timeout=1 -N -B \
    -e "SHOW STATUS LIKE 'wsrep_local_state'" | cut -f2)
if [ "$state" = 4 ]; then
    exit 0
fi
logger -t galera_synced "wsrep_local_state is ${state:-unknown}"
exit 1
