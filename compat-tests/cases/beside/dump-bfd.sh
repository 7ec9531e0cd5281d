# What the state dump tells of tracked BFD neighbours: of one that was never heard, and of one that is
# up, then down, and up again.
own_tmp; neighbour
bfd() { # NAME OWN OTHER
  cat <<Y
bfd_instance $1 {
 neighbor_ip 192.0.2.$3
 source_ip 192.0.2.$2
 min_rx 100
 min_tx 100
 idle_tx 200
 multiplier 5
}
Y
}
bfd near 2 1 > /etc/there.conf
{
  bfd near 1 2; bfd absent 1 9
  instance A 51 100 'track_bfd {
  near
 }'
  instance B 52 100 'track_bfd {
  near weight 20
  absent weight -10 reverse
 }'
} > /etc/node.conf
begin_there() {
  ip netns exec there $original -n -l -D -f /etc/there.conf -p /run/t.pid -r /run/tv.pid \
    -b /run/tb.pid >> /run/log.there 2>&1 & there=$!
}
shows() { # WHAT
  dump_to keepalived.data USR1 '^ VRRP Track BFD = absent'; echo "# $1"
  sed -nE '/^------< Interfaces/q
    / VRRP (Instance|Track BFD) =|Tracked BFD|Bfd is|^   (State|Priority|Effective priority|Total priority|Weight) = |^     (near|absent)|Tracking VRRP|^     [AB],/p' /tmp/keepalived.data
}
begin_there; $keepalived -n -l -D -f /etc/node.conf >> /run/log 2>&1 & daemon=$!
logs 2 'Entering MASTER'; shows up
# 2.2.7 spells a fault at the start otherwise.
faults=$(grep -c 'A) Entering FAULT' /run/log)
stop_there; logs $((faults + 1)) 'A. Entering FAULT'; shows down
begin_there; logs 3 'Entering MASTER'; shows 'up again'
stop
