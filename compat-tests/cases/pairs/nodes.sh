# Two nodes, `a` and `b`, on a switch that sees every advert. $A and $B are their programs.
# Every wait has a bound, and a scenario ends at the first one that was in vain.

exec 2> /run/errors
report() {
  for file in /run/errors /run/a.log /run/b.log; do echo "--- $file"; grep -v 'Sending gratuitous' $file; done
  echo '--- wire: who sent how many adverts with which priority'
  awk '/vrid/ { for (i = 1; i <= NF; i++) { if ($i == "prio") p = $(i + 1); if ($i == ">") s = $(i - 1) }
       k = s " " p; if (k != o) { if (n) print o, n, "times, last at", at; n = 0; o = k } n++; at = $1 }
       END { print o, n, "times, last at", at }' /run/wire
}
trap report EXIT
touch /run/a.log /run/b.log

try() { # COMMAND...: until it succeeds
  await "$@" || exit 1
}
never() { # COMMAND...: it must fail
  if "$@"; then echo "wrong: $*"; exit 1; fi
}

ip link add br0 type bridge mcast_snooping 0
ip link set br0 up
plug() { # NODE HOST: joins it with the switch
  ip link add p$1 type veth peer name eth0 netns $1
  ip link set p$1 master br0 up
  ip -n $1 link set eth0 addrgenmode none
  ip -n $1 address add 192.0.2.$2/24 dev eth0
  ip -n $1 address add fe80::$2/64 dev eth0 nodad
  ip -n $1 address add 2001:db8::$2/64 dev eth0 nodad
  ip -n $1 link set eth0 up
}
for node in a:1 b:2; do
  n=${node%:*}
  ip netns add $n
  ip -n $n link set lo up
  plug $n ${node#*:}
done
up() { ip -n $1 -o link show eth0 | grep -q 'state UP'; }
try up a; try up b
tcpdump -Ulntt -i br0 'proto 112 or proto 51 or ip6 proto 112' > /run/wire 2> /run/listens &
try grep -q listening /run/listens

conf() { # NODE PRIORITY [IN-THE-INSTANCE] [BEFORE-IT]; $timing and $vips may be set
  cat > /etc/$1.conf <<X
${4-}
vrrp_instance V {
 interface eth0
 virtual_router_id 51
 ${timing:-version 3
 advert_int 0.2}
 priority $2
 garp_master_repeat 1
 garp_master_delay 1
 ${3-}
 virtual_ipaddress {
  ${vips:-192.0.2.100/24}
 }
}
X
}
start() { # NODE
  date +%s.%N > /run/$1.started
  case $1 in a) program=$A ;; b) program=$B ;; esac
  ip netns exec $1 $program -n -l -D -f /etc/$1.conf -p /run/$1.pid -r /run/$1-vrrp.pid \
    -c /run/$1-checkers.pid -b /run/$1-bfd.pid >> /run/$1.log 2>&1 &
  echo $! > /run/$1.daemon
}
daemon() { cat /run/$1.daemon; }
child() { cat /run/$1-vrrp.pid; }
stop() { kill -TERM $(daemon $1); wait $(daemon $1); }
crash() { # NODE: no process of it can do anything any more
  processes="$(daemon $1) $(child $1)"
  kill -STOP $processes; kill -9 $processes; wait $(daemon $1)
  # The original takes a dead process that nobody waits for for a running one.
  rm -f /run/$1*.pid
}

count() { [ "$(grep -cF -- "$3" /run/$1.log)" -ge $2 ]; }
logs() { try count "$@"; } # NODE HOW-OFTEN TEXT
holds() { ip -n $1 -o address | grep -qF " $2/"; }
lacks() { ! holds "$@"; }
owner() { # NODE OTHER ADDRESS
  try holds $1 $3; try lacks $2 $3
}
senders() { awk '/vrid/ { for (i = 1; i <= NF; i++) if ($i == ">") print $1, $(i - 1) }' /run/wire; }
last_three_are() { [ "$(senders | tail -3 | cut -d' ' -f2 | sort | uniq -c | tr -s ' ')" = " 3 $1" ]; }
steady() { try last_three_are $1; } # ADDRESS
sent() { [ $(senders | grep -c " $1$") -ge $2 ]; }
more() { # ADDRESS HOW-MANY: adverts from now on
  before=$(senders | grep -c " $1$"); try sent $1 $((before + $2))
}
followed() { senders | awk -v f=$1 -v t=$2 '$2 == f { ok = 0 } $2 == t { ok = 1 } END { exit !ok }'; }
gap() { senders | awk -v f=$1 -v t=$2 '$2 == f { at = $1; to = 0 } $2 == t && !to { to = $1 } END { print to - at }'; }
after() { # FROM TO SECONDS: from the last advert of the one to the first that follows of the other
  try followed $1 $2; gap=$(gap $1 $2)
  never awk -v gap=$gap -v least=$3 'BEGIN { exit !(gap < least - 0.01) }'
}
started() { senders | awk -v s=$(cat /run/$1.started) -v a=$2 '$2 == a && $1 > s { print $1 - s; exit }'; }
advertised() { [ -n "$(started "$@")" ]; }
since_start() { # NODE ADDRESS SECONDS: from its start to its first advert
  try advertised $1 $2; gap=$(started $1 $2)
  never awk -v gap=$gap -v least=$3 'BEGIN { exit !(gap < least) }'
}
overlaps() { # FROM TO SECONDS: how often the other sent although the one had sent that lately
  senders | awk -v f=$1 -v t=$2 -v s=$3 '$2 == t && was == f && $1 - at < s { n++ } { was = $2; at = $1 }
    END { print n + 0 }'
}
newest() { grep -o 'VRRP child process, pid=[0-9]*' /run/$1.log | tail -1 | cut -d= -f2; }
