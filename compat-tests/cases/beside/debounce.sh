# Cables that are out for a moment: when a change counts, and what the state dump shows of interfaces
# meanwhile. eth1 has never been up. An owner is master at once, and its interval may be long: a delay
# is shorter than two.
own_tmp; interval=3
ip link add eth1 type veth peer name peer1; ip address add 198.51.100.1/24 dev eth1
{
  printf 'interface_up_down_delays {\n eth0 3 2\n eth1 1 1\n}\n'
  instance A 51 255; instance B 52 255 | sed s/eth0/eth1/
} > /etc/node.conf
shows() { # WHAT
  dump_to keepalived.data USR1 'debounce timer'; mark "$1"; echo "# $1"
  awk '/ Name =/ {name = $3} /Seen up|Delayed state|debounce/ && name ~ /^eth/ {print name, $0}' /tmp/keepalived.data
}
start; logs 1 'Entering MASTER'; shows start
ip link set peer0 down; shows down; logs 1 'A. Entering FAULT'; shows fault
ip link set peer0 up; shows up; logs 1 'A. Entering BACKUP'; shows backup
ip link set peer0 down; shows 'down for a moment'; ip link set peer0 up; shows 'back at once'
ip link set eth1 up; ip link set peer1 up; logs 1 'B. Entering BACKUP'; shows 'the other'
logs 3 'Entering MASTER'; stop
# 2.2.7 spells a fault at the start otherwise.
logged STATE | grep -v 'B) Entering FAULT'
