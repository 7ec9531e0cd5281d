# casts: ours_original ours_ours
# wide: original_ours
# A VRRP process is stopped for five seconds at intervals of 0.02 s. On a busy machine a master may
# be late now and then; but nobody takes over while it sends, as two senders would hundreds of times.
timing='version 3
 advert_int 0.02'
conf a 150; conf b 100
start a; owner a b 192.0.2.100
start b; logs b 1 'Entering BACKUP STATE'; steady 192.0.2.1
hung=$(child a); kill -STOP $hung
if [ $A = $OURS ]; then
  logs a 2 'Starting VRRP child process'
else
  try holds b 192.0.2.100; more 192.0.2.2 250
  kill -CONT $hung
fi
more 192.0.2.1 200; steady 192.0.2.1; owner a b 192.0.2.100
[ $(overlaps 192.0.2.1 192.0.2.2 0.05) -lt 30 ] || { echo wrong: both send; exit 1; }
