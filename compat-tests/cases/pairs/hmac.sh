# casts: ours_ours
# Keyed adverts at intervals of 0.02 s: a hung process, a crash of all, a stop, and a better node
# that appears meanwhile. Nothing is refused.
timing='version 3
 advert_int 0.02
 auth_hmac {
  key 1 0123456789abcdef0123456789abcdef
 }'
conf a 150; conf b 100
start a; owner a b 192.0.2.100
start b; logs b 1 'Entering BACKUP STATE'; steady 192.0.2.1
kill -STOP $(newest a); logs a 2 'Starting VRRP child process'; more 192.0.2.1 200
[ $(overlaps 192.0.2.1 192.0.2.2 0.05) -lt 30 ] || { echo wrong: both send; exit 1; }
crash a; try holds b 192.0.2.100; steady 192.0.2.2
start a; owner a b 192.0.2.100; steady 192.0.2.1
conf b 200; stop b; kill -STOP $(newest a); start b
owner b a 192.0.2.100; steady 192.0.2.2
stop b; owner a b 192.0.2.100; steady 192.0.2.1
never grep -iE 'hmac|trailer|auth' /run/a.log /run/b.log
