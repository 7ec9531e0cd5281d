# The nodes do not hear each other for a while, with carrier on both sides: both are masters, then
# one is. An address that somebody deletes comes back.
conf a 200; conf b 100
start a; owner a b 192.0.2.100
start b; logs b 1 'Entering BACKUP STATE'
ip link set pa nomaster; logs b 1 'Entering MASTER STATE'; try holds b 192.0.2.100
try holds a 192.0.2.100
ip link set pa master br0; logs b 2 'Entering BACKUP STATE'; owner a b 192.0.2.100
steady 192.0.2.1
never count a 2 'Entering MASTER STATE'
ip -n a address del 192.0.2.100/24 dev eth0
try holds a 192.0.2.100; steady 192.0.2.1; owner a b 192.0.2.100
