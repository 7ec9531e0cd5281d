# One node on eth0, whose other end is peer0. $keepalived is the program that is looked at.
exec 2> /run/errors

instance() { # NAME VRID PRIORITY [IN-THE-INSTANCE]
  cat <<X
vrrp_instance $1 {
 interface eth0
 virtual_router_id $2
 priority $3
 version ${version:-3}
 advert_int ${interval:-0.5}
 garp_master_repeat 1
 garp_master_delay 0
 ${4-}
 virtual_ipaddress {
  192.0.2.$2
 }
}
X
}
start() { # OPTION...
  $keepalived -n -l -P -f /etc/node.conf "$@" >> /run/log 2>&1 & daemon=$!
}
stop() { kill -TERM $daemon; wait $daemon; }
count() { [ "$(grep -cE -- "$2" /run/log)" -ge $1 ]; }
logs() { await count "$@"; } # HOW-OFTEN PATTERN
mark() { echo "# $*" >> /run/log; }
# What was logged, without times, of the lines that match.
logged() { # PATTERN
  sed -E 's/^[A-Z][a-z]{2} [A-Z][a-z]{2} +[0-9]+ [0-9:]+ [0-9]{4}: //' /run/log | grep -E -- "^# |$1"
}
# A pipe whose lines come to /run/told; it is called /run/pipe.
ears() { mkfifo /run/pipe; exec 9<> /run/pipe; cat <&9 > /run/told & ears=$!; touch /run/told; }
told() { [ "$(grep -cF -- "$2" /run/told)" -ge $1 ]; }
hears() { await told "$@"; } # HOW-OFTEN TEXT
# Another node behind peer0, always the original.
neighbour() {
  mkdir -p /run/netns; ip netns add there; ip link set peer0 netns there
  ip -n there link set lo up; ip -n there link set peer0 name eth0
  ip -n there address add 192.0.2.2/24 dev eth0; ip -n there link set eth0 up
}
start_there() {
  ip netns exec there $original -n -l -D -P -f /etc/there.conf -p /run/t.pid -r /run/tv.pid \
    > /run/log.there 2>&1 & there=$!
}
stop_there() { kill -TERM $there; wait $there; }
# The daemon's dumps go to /tmp; what is there must not be hidden from it if it is the program.
own_tmp() { cp $keepalived /run/subject; keepalived=/run/subject; mount -t tmpfs tmpfs /tmp; }
dumped() { grep -q "$2" /tmp/$1 && ! ls -l /proc/[0-9]*/fd 2>/dev/null | grep -q "/tmp/$1"; }
dump_to() { # FILE SIGNAL A-LINE-OF-IT: waits until it is written to the end
  rm -f /tmp/$1; kill -$2 $daemon; await dumped $1 "$3"
}
