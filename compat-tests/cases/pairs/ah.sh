# Authentication headers, of which each number is taken once: a VRRP process that hangs for five
# seconds, and one that crashes. Ours goes on as master, the original comes back as one.
timing='version 2
 advert_int 1
 authentication {
  auth_type AH
  auth_pass secret
 }'
conf a 150; conf b 100
start a; owner a b 192.0.2.100
start b; logs b 1 'Entering BACKUP STATE'
hung=$(newest a); kill -STOP $hung
if [ $A = $OURS ]; then
  logs a 2 'Starting VRRP child process'; more 192.0.2.1 2
  kill -SEGV $(newest a); logs a 3 'Starting VRRP child process'; more 192.0.2.1 2
  never count b 1 'Entering MASTER STATE'
  # The original, stopped as a master, missed what was sent meanwhile and refuses one packet itself.
  never grep IPSEC-AH /run/a.log
else
  try holds b 192.0.2.100; more 192.0.2.2 2
  kill -CONT $hung; owner a b 192.0.2.100
fi
steady 192.0.2.1
never grep IPSEC-AH /run/b.log
