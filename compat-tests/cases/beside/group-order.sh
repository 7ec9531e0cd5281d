# Who leads a sync group, and in which order it is told: at the start, at a fault and its end, at a
# lost link, at the stop.
ears; echo 0 > /run/file
{
  cat <<X
global_defs {
 vrrp_notify_fifo /run/pipe
}
vrrp_sync_group G {
 group {
  A
  B
  C
 }
}
track_file f {
 file /run/file
}
X
  interval=1
  instance A 51 100; instance C 53 175
  instance B 52 250 'track_file {
  f weight 0
 }'
} > /etc/node.conf
start -D; hears 1 'GROUP "G" MASTER'
mark fault; echo 1 > /run/file; hears 1 'GROUP "G" FAULT'
mark return; echo 0 > /run/file; hears 2 'GROUP "G" MASTER'
mark down; ip link set peer0 down; hears 2 'GROUP "G" FAULT'
mark up; ip link set peer0 up; hears 3 'GROUP "G" MASTER'
mark stop; stop; hears 1 'GROUP "G" STOP'
logged ' STATE|Syncing|Receive adv'; cat /run/told
