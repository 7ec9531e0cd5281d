# Peers that know each other's IPv6 addresses: stop, return, kill -9, return, isolation.
vips='2001:db8::100/64'
peer() { # OWN OTHER
  printf 'unicast_src_ip 2001:db8::%s\nunicast_peer {\n2001:db8::%s\n}' $1 $2
}
a=2001:db8::1 b=2001:db8::2 vip=2001:db8::100
conf a 200 "$(peer 1 2)"; conf b 100 "$(peer 2 1)"
start a; owner a b $vip
start b; logs b 1 'Entering BACKUP STATE'; steady $a
stop a; owner b a $vip; steady $b
start a; owner a b $vip; since_start a $a 0.64; steady $a
crash a; try holds b $vip; after $a $b 0.721; steady $b
start a; owner a b $vip; since_start a $a 0.64; steady $a
times=$(grep -c 'Entering BACKUP STATE' /run/b.log)
ip link set pa nomaster; try holds b $vip; try holds a $vip
ip link set pa master br0; logs b $((times + 1)) 'Entering BACKUP STATE'; owner a b $vip; steady $a
