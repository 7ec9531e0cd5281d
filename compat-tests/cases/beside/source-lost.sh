# Adverts come from an address that the interface has: another one when the first goes, none and
# FAULT without any, and again when one comes; but always from one that is written.
interval=0.2; ears
ip address add 192.0.2.3/24 dev eth0
ip address add fe80::1/64 dev eth0 nodad
sysctl -qw net.ipv4.conf.eth0.promote_secondaries=1
{
  printf 'global_defs {\n vrrp_notify_fifo /run/pipe\n}\n'
  instance A 51 100; six B 52 100; instance C 53 100 'mcast_src_ip 192.0.2.1'
} > /etc/node.conf
listen
start; logs 3 'Entering MASTER'; sources 53 start
ip address del fe80::1/64 dev eth0; sources 53 'the first of IPv6 goes'
ip address del 192.0.2.1/24 dev eth0; sources 53 'the first of IPv4 goes'
ip address del 192.0.2.3/24 dev eth0; hears 1 'A" FAULT'; sources 53 'the last of IPv4 goes'
ip address add 192.0.2.5/24 dev eth0; hears 2 'A" MASTER'; sources 53 'another comes'
for local in $(ip -6 -o address show dev eth0 scope link | awk '/64/ {print $4}'); do
  ip -6 address del $local dev eth0
done
hears 1 'B" FAULT'; sources 53 'the last of IPv6 goes'
ip address add fe80::7/64 dev eth0 nodad; hears 2 'B" MASTER'; sources 53 'another comes'
stop; deaf
for name in A B C; do echo "# $name"; logged "STATE" | grep -E "# |\($name\)"; grep "\"$name\"" /run/told; done
