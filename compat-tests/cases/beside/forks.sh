# host: process events
# Which delay a tracked process has: none when its number changes by another program that a process runs,
# fork_delay after a fork and terminate_delay after an end, whether it is gained or lost by that.
export id=f$(($$ % 100000)); mkdir /run/bin; all=; trap 'kill -9 $daemon $all $(cat /run/child) 2> /run/none' EXIT; trap 'exit 1' TERM
track() { # NAME LINES
  printf 'vrrp_track_process %s {\n process %s\n weight 10\n %s\n}\n' $1 ${id}_$1 "$2"
  cp /bin/sh /run/bin/${id}_$1
}
{
  track two 'quorum 2
 delay 3600'
  track pair 'quorum 2
 fork_delay 2
 terminate_delay 3'
  track most 'quorum_max 1
 fork_delay 2
 terminate_delay 3'
  instance A 51 100 'track_process {
  two
  pair
  most
 }'
} > /etc/node.conf
mkfifo /run/hold; exec 8<> /run/hold
# Waits for a line in a pipe of its own, then runs something and waits again.
runs() { # NAME COMMAND
  program=${id}_$1; mkfifo /run/pipe.$1; exec 7<> /run/pipe.$1
  PATH=/run/bin:$PATH $program -c "read -r _; $2; read -r _ < /run/hold" < /run/pipe.$1 > /run/none 2>&1 7>&- 8>&- & pid=$!
  all="$all $pid"; await grep -q $program /proc/$pid/comm; rm /run/pipe.$1
}
changes() { grep -c Quorum /run/log; }
# What is logged next, and whether it took the time that is said, in ms.
next() { # WHAT AT-LEAST COMMAND...
  what=$1 least=$2 had=$(changes) from=$(date +%s%3N); shift 2; "$@"; logs $((had + 1)) Quorum
  took=$(($(date +%s%3N) - from))
  if [ $took -ge $least ]; then early=; else early=", too early"; fi
  echo "$what: $(logged Quorum | tail -1)$early"
}
fork='(read -r _ < /run/hold; :) & echo $! > /run/child'
start -D; logs 1 '\(A\) Entering BACKUP'
runs two :; next 'by another program' 0 runs two 'exec sleep 3600'
next 'by another program' 0 eval 'echo >&7'
runs pair "$fork"
next 'by a fork' 1900 eval 'echo >&7'; next 'by an end' 2900 kill -9 $(cat /run/child)
next 'one' 0 runs most "$fork"
next 'by a fork' 1900 eval 'echo >&7'; next 'by an end' 2900 kill -9 $(cat /run/child)
stop
