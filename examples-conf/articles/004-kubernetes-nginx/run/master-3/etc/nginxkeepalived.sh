#!/bin/bash
# 1. Check if Nginx is alive
counter=$(ps -ef |grep nginx | grep sbin | egrep -cv "grep|$$" )
if [ $counter -eq 0 ]; then
    # 2. If not alive, try to start Nginx
    service nginx start
    # 3. Wait for 2 seconds and then check the Nginx status again
    sleep 2
    counter=$(ps -ef |grep nginx | grep sbin | egrep -cv "grep|$$" )
    # 4. Check again, if Nginx is still not alive, stop Keepalived to let the address drift
    if [ $counter -eq 0 ]; then
        service keepalived stop
    fi
fi
