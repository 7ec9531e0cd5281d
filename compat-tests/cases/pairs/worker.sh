# The VRRP process of the master is killed, then that of the backup. Where the master is ours, its
# parent stands in and nobody else ever is master; the original's comes back as one.
timing='version 3
 advert_int 1'
conf a 200; conf b 100
start a; owner a b 192.0.2.100
start b; logs b 1 'Entering BACKUP STATE'; steady 192.0.2.1
kill -9 $(newest a); logs a 2 'Starting VRRP child process'
if [ $A = $OURS ]; then
  more 192.0.2.1 4; never count b 1 'Entering MASTER STATE'
else
  logs a 2 'Entering MASTER STATE'
fi
owner a b 192.0.2.100; steady 192.0.2.1
times=$(grep -c 'Entering MASTER STATE' /run/b.log)
kill -9 $(newest b); logs b 2 'Starting VRRP child process'; more 192.0.2.1 4
owner a b 192.0.2.100; never count b $((times + 1)) 'Entering MASTER STATE'
