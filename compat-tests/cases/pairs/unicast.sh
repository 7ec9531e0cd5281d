# Peers that know each other's addresses: stop, return, kill -9, return.
conf a 200 'unicast_peer {
 192.0.2.2
}'
conf b 100 'unicast_peer {
 192.0.2.1
}'
start a; owner a b 192.0.2.100
start b; logs b 1 'Entering BACKUP STATE'; steady 192.0.2.1
stop a; owner b a 192.0.2.100; steady 192.0.2.2
start a; owner a b 192.0.2.100; since_start a 192.0.2.1 0.64; steady 192.0.2.1
crash a; try holds b 192.0.2.100; after 192.0.2.1 192.0.2.2 0.721; steady 192.0.2.2
start a; owner a b 192.0.2.100; since_start a 192.0.2.1 0.64; steady 192.0.2.1
