# What exporters read of the state dump: the lines they know, in every state.
own_tmp
{
  printf 'global_defs {\n script_user root\n}\nvrrp_script long {\n script "/usr/bin/sleep 50"\n interval 60\n weight 2\n}\n'
  instance A 51 100 'track_script {
  long
 }'
} > /etc/node.conf
dump() {
  dump_to keepalived.data USR1 'State = running'; mark "$1"; echo "# $1"
  grep -E '^ VRRP (Instance|Script) =|^   (State|Wantstate|Interface|Gratuitous ARP delay|Virtual Router ID|Status) |Virtual IP|^     192' /tmp/keepalived.data \
    | grep -vE 'State = (UP|not|running)|Interface = *$' | awk '!/Interface/ || !seen++'
}
start; logs 1 'Entering BACKUP'; dump backup
logs 1 'Entering MASTER'; await has 'ip address show dev eth0' 192.0.2.51; dump master
ip link set peer0 down; logs 1 'Entering FAULT'; dump fault
stop
