# casts: ours_original ours_ours
# VRRP processes of a master die one after the other while a better node appears: who stands in for
# them yields to it, and both nodes take each other's packets.
timing='version 2
 advert_int 1
 authentication {
  auth_type AH
  auth_pass secret
 }'
conf a 150; conf b 200
start a; owner a b 192.0.2.100
start b; logs b 1 'Entering BACKUP STATE'
for n in 2 3 4; do kill -SEGV $(newest a); logs a $n 'Starting VRRP child process'; done
owner b a 192.0.2.100; steady 192.0.2.2; owner b a 192.0.2.100
never grep IPSEC-AH /run/a.log /run/b.log
