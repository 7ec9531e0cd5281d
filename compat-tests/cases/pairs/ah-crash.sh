# Authentication headers: the numbers of a node that was stopped or killed start anew, and are taken.
timing='version 2
 advert_int 1
 authentication {
  auth_type AH
  auth_pass secret
 }'
conf a 200; conf b 100
start a; start b; owner a b 192.0.2.100
crash a; try holds b 192.0.2.100
start a; owner a b 192.0.2.100; steady 192.0.2.1
stop a; owner b a 192.0.2.100
never grep IPSEC-AH /run/a.log /run/b.log
