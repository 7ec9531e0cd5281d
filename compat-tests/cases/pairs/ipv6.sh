# IPv6: stop, return, kill -9, return.
vips='fe80::100/64
  2001:db8::100/64'
both() { owner $1 $2 fe80::100; owner $1 $2 2001:db8::100; }
conf a 200; conf b 100
start a; both a b
start b; logs b 1 'Entering BACKUP STATE'; steady fe80::1
stop a; both b a; after fe80::1 fe80::2 0.121; steady fe80::2
start a; both a b; since_start a fe80::1 0.64; steady fe80::1
crash a; try holds b fe80::100; try holds b 2001:db8::100; after fe80::1 fe80::2 0.721; steady fe80::2
start a; both a b; since_start a fe80::1 0.64; steady fe80::1
# Somebody deletes one of the addresses of the master.
ip -n a address del 2001:db8::100/64 dev eth0; try holds a 2001:db8::100; both a b; steady fe80::1
