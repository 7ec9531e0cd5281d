# What the state dump tells of: its sections, and the lines of each thing in them.
own_tmp; neighbour; echo 2 > /run/number
cat > /etc/there.conf <<X
$(interval=1 version=2 instance B 52 200)
X
{
cat <<X
global_defs {
 router_id edge
 script_user root
 enable_script_security
 vrrp_rx_bufs_policy ADVERT
}
vrrp_script good {
 script "/usr/bin/true"
 interval 1
 timeout 2
 weight 5
 rise 2
 fall 3
}
vrrp_script long {
 script "/usr/bin/sleep 50"
 interval 60
 weight -2 reverse
}
track_file number {
 file /run/number
 weight 3
}
vrrp_track_process absent {
 process absent-here
 weight 4
 delay 1
}
vrrp_sync_group G {
 group {
  A
  D
 }
 track_script {
  good
 }
 notify /usr/bin/true
}
static_ipaddress {
 192.0.2.99/24 dev eth0
}
virtual_server 192.0.2.51 80 {
 lb_algo rr
 lb_kind NAT
 protocol TCP
 real_server 192.0.2.2 80 {
  TCP_CHECK {
  }
 }
}
X
interval=1 version=2
instance A 51 100 'preempt_delay 3
 notify_master "/usr/bin/true x"
 notify_deleted
 virtual_routes {
  198.51.100.0/24 via 192.0.2.1 dev eth0
 }'
instance B 52 100 'track_script {
  long
 }
 track_file {
  number weight 1
 }
 track_process {
  absent weight 2
 }'
instance C 53 100 'use_vmac
 vmac_xmit_base'
instance D 54 100 'unicast_peer {
  192.0.2.2
 }'
interval=0.5 version=3
instance E 55 100 nopreempt | sed 's/192.0.2.55/fe80::55/'
} > /etc/node.conf
start_there; await grep -q 'Entering MASTER' /run/log.there
start; logs 4 'Entering MASTER'
dump_to keepalived.data USR1 '^   Master priority = 200'
# A descriptor, an address or a time is not the same twice, and each has a process of its own.
sed -nE '/^------< (VRRP|Static)/,/^------< Interfaces/{
 /^------< Interfaces/d
 s/( = |fd_in |fd_out )-?[0-9.:]+( \([A-Z].*\))?( usecs|us)?$/\1N\3/
 s/fd_in -?[0-9]+,? ?/fd_in N /
 s/fe80::[0-9a-f:]+/LINK-LOCAL/
 p
}' /tmp/keepalived.data
# Of interfaces the original sometimes says whether the host forwards.
sed -nE '/^------< Interfaces/,$ {
 /Last checked/d
 s/(([0-9a-f]{2}:){5}[0-9a-f]{2}|fe80::[0-9a-f:]+)$/N/
 s/^(   (Original|rp_filter).* )[0-9]+$/\1N/
 s/peer0@if[0-9]+/peer0/
 p
}' /tmp/keepalived.data
grep -E '^   (Rise|Fall|Result|Weight|Timeout|Priority|Effective priority|Total priority|Master priority) = ' /tmp/keepalived.data
stop; stop_there
