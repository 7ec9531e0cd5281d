# How tracking scripts end: by a status, by a signal, by their timeout with what they started, also
# against their will; and with the daemon.
track() { # NAME INTERVAL COMMAND
  printf '#!/bin/sh\n%s\n' "$3" > /etc/$1; chmod 755 /etc/$1
  printf 'vrrp_script %s {\n script /etc/%s\n interval %s\n timeout 1\n fall 1\n weight 2\n}\n' $1 $1 $2
}
{
  printf 'global_defs {\n script_user root\n}\n'
  track status 60 'exit 3'; track signal 60 'kill -9 $$'; track slow 60 'sleep 801 & sleep 801'
  track stuck 60 'trap "" TERM; sleep 803; sleep 803'
  track long 60 'sleep 802 & sleep 802' | sed 's/timeout 1/timeout 50/'
  instance A 51 100 'track_script {
  status
  signal
  slow
  stuck
  long
 }'
} > /etc/node.conf
sleeps() { [ $(ps -eo args | grep -c "^sleep $2") = $1 ]; }
start -D
for name in status signal slow stuck; do logs 1 "VRRP_Script.$name. "; done
logs 1 'Entering MASTER'; await sleeps 2 802; await sleeps 0 801; await sleeps 0 803
stop; await sleeps 0 802
logged 'VRRP_Script' | sort
