# casts: ours_ours
# Ours (a) and vrrpd of FRR (b), version 3 in both families: FRR takes over at a stop and at a crash,
# and yields; as the better one it takes over itself, and ours does when it stops or is killed.
inside() { ip netns exec b "$@"; }
mac() { # FAMILY NUMBER ADDRESS...: vrrpd finds its macvlan by the hardware address
  inside ip link add vrrp$1 link eth0 type macvlan mode bridge
  inside ip link set vrrp$1 address 00:00:5e:00:0$2:33
  inside ip link set vrrp$1 addrgenmode none
  family=$1; shift 2
  for address in "$@"; do inside ip address add $address dev vrrp$family; done
  inside ip link set vrrp$family up
}
inside sysctl -qw net.ipv6.conf.default.accept_dad=0
mac 4 1 192.0.2.100/32
mac 6 2 fe80::100/64 2001:db8::100/64
mkdir -p /run/frr; chown frr:frr /run/frr
# FRR leaves files there, and vtysh one at home.
mount -t tmpfs tmpfs /var/tmp; export VTYSH_HISTFILE=/run/history
echo > /etc/frr/zebra.conf
ip netns exec b /usr/lib/frr/zebra -f /etc/frr/zebra.conf -A 127.0.0.1 --log file:/run/zebra.log > /run/zebra.out 2>&1 &
try test -S /run/frr/zserv.api
frr() { # PRIORITY
  cat > /etc/frr/vrrpd.conf <<X
interface eth0
 vrrp 51 version 3
 vrrp 51 priority $1
 vrrp 51 advertisement-interval 200
 vrrp 51 ip 192.0.2.100
 vrrp 51 ipv6 fe80::100
 vrrp 51 ipv6 2001:db8::100
X
  ip netns exec b /usr/lib/frr/vrrpd -f /etc/frr/vrrpd.conf -A 127.0.0.1 --log file:/run/frr.log > /run/vrrpd.out 2>&1 &
  echo $! > /run/b.daemon
}
is() { [ $(inside vtysh -c 'show vrrp' | grep -cE "Status \(v[46]\) +$1") = 2 ]; }
last_is() { senders | tail -8 | awk -v a=$1 -v b=$2 '$2 != a && $2 != b { exit 1 }'; }
a_sends() { try last_is 192.0.2.1 fe80::1; }
b_sends() { try last_is 192.0.2.2 fe80::100; }
a_has() { for address in 192.0.2.100 fe80::100 2001:db8::100; do try holds a $address; done; }
a_lacks() { for address in 192.0.2.100 fe80::100 2001:db8::100; do try lacks a $address; done; }

conf a 150; sed 's/ V / W /; s/192.*/fe80::100\n2001:db8::100/' /etc/a.conf > /run/second
cat /run/second >> /etc/a.conf
start a; a_has
frr 100; try is Backup
stop a; a_lacks; try is Master; b_sends
start a; a_has; try is Backup; a_sends
since_start a 192.0.2.1 0.64; since_start a fe80::1 0.64
crash a; try is Master; b_sends
start a; a_has; try is Backup; a_sends
stop b; frr 200; try is Master; a_lacks; b_sends
stop b; a_has; a_sends
frr 200; try is Master; a_lacks; b_sends
kill -9 $(daemon b); a_has; a_sends
never grep -iE 'invalid|checksum|mismatch' /run/a.log
