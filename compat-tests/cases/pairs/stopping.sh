# A better node boots, stops, returns, is killed and returns. It takes over no earlier than after
# 3 x 0.2 s + skew; the other one after its skew, or after its whole down timer.
conf a 200; conf b 100
start b; owner b a 192.0.2.100; steady 192.0.2.2
start a; owner a b 192.0.2.100; since_start a 192.0.2.1 0.64
logs b 2 'Entering BACKUP STATE'; steady 192.0.2.1
stop a; owner b a 192.0.2.100; after 192.0.2.1 192.0.2.2 0.121; steady 192.0.2.2
start a; owner a b 192.0.2.100; since_start a 192.0.2.1 0.64; steady 192.0.2.1
crash a; try holds b 192.0.2.100; after 192.0.2.1 192.0.2.2 0.721; steady 192.0.2.2
start a; owner a b 192.0.2.100; since_start a 192.0.2.1 0.64; steady 192.0.2.1
