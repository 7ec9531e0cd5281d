# One node on eth0, whose other end is peer0. $keepalived is the program that is looked at.
exec 2> /run/errors

instance() { # NAME VRID PRIORITY [IN-THE-INSTANCE [ADDRESSES]]
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
  ${5-192.0.2.$2}
 }
}
X
}
six() { # The same with IPv6.
  instance "$1" $2 $3 "${4-}" "${5-fe80::$2
  2001:db8::$2}"
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
# Adverts as they go out, until `deaf`.
listen() {
  tcpdump -Ulni eth0 '(ip proto 112 or ip6 proto 112) and not src 192.0.2.2' > /run/adverts 2> /run/ready & sniffer=$!
  await grep -q listening /run/ready
}
deaf() { kill $sniffer; wait $sniffer; }
sent() { [ "$(grep -c "vrid $1," /run/adverts)" -ge $2 ]; }
# Where they come from, from the third one of the router on that is $1, for three of its intervals.
sources() { # VRID WHAT
  echo "# $2"; local from=$(($(grep -c "vrid $1," /run/adverts) + 2)); await sent $1 $((from + 3))
  awk -v "of=vrid $1," -v from=$from 'index($0, of) {n++} n > from + 3 {exit} n > from' /run/adverts \
    | sed -E 's/.* IP6? (.*) > .*(vrid [0-9]+), prio ([0-9]+),.*/\2 \3 from \1/; s/ fe80::.*ff:fe.*/ the interface/' | sort -u
}
