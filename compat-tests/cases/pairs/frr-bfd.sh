# casts: ours_ours original_ours
# BFD with FRR's bfdd (b), both families and, with ours, link-local: up in both, at the pace that the
# poll after that agrees on; down when either dies, hangs or loses its interface, up again when it is
# back.
inside() { ip netns exec b "$@"; }
mkdir -p /run/frr; chown frr:frr /run/frr
# FRR leaves files there, and vtysh one at home.
mount -t tmpfs tmpfs /var/tmp; export VTYSH_HISTFILE=/run/history
echo > /etc/frr/zebra.conf
inside /usr/lib/frr/zebra -f /etc/frr/zebra.conf -A 127.0.0.1 --log file:/run/zebra.log > /run/zebra.out 2>&1 &
try test -S /run/frr/zserv.api
peer() { # PREFIX
  cat <<X
 peer ${1}1 local-address ${1}2 interface eth0
  detect-multiplier 10
  receive-interval 110
  transmit-interval 120
 !
X
}
bfdd() {
  ip netns exec b /usr/lib/frr/bfdd -f /etc/frr/bfdd.conf -A 127.0.0.1 --log file:/run/frr.log > /run/bfdd.out 2>&1 &
  echo $! > /run/b.daemon
}
session() { # NAME PREFIX MIN_TX [MORE]
  cat <<X
bfd_instance $1 {
 neighbor_ip ${2}2
 source_ip ${2}1
 min_rx 130
 min_tx $3
 multiplier 10
 ${4-}
}
X
}
prefixes='192.0.2. 2001:db8::'; all=2
[ $A != $OURS ] || { prefixes="$prefixes fe80::"; all=3; }
wants() { # MIN_TX
  for prefix in $prefixes; do
    case $prefix in 192*) session v4 $prefix $1 ;; 2001*) session v6 $prefix $1 'hoplimit 255' ;;
      *) session link $prefix $1 'hoplimit 255' ;; esac
  done > /etc/a.conf
}
{ echo bfd; for prefix in $prefixes; do peer $prefix; done; } > /etc/frr/bfdd.conf
shows() { # HOW-MANY TEXT
  [ $(inside vtysh -c 'show bfd peers' | grep -c "$2") = $1 ]
}
up() { try shows $all 'Status: up'; }
wants 140; bfdd; start a
logs a $all 'Entering Up state'; up
# What FRR says of itself, and what it was told.
try shows $all 'Transmission interval: 120ms'; try shows $all 'Transmission interval: 140ms'
never count a 1 'Entering Down state'
kill -9 $(daemon b); logs a $all 'Entering Down state (Local diagnostic - Control Detection Time Expired'
bfdd; logs a $((2 * all)) 'Entering Up state'; up
if [ $A = $OURS ]; then
  wants 170; kill -HUP $(daemon a); try shows $all 'Transmission interval: 170ms'; up
  $OURS upgrade --socket /run/a.sock > /run/upgraded 2>&1 || { cat /run/upgraded; exit 1; }
  logs a 1 'Upgrade complete'; up
fi
never count a $((all + 1)) 'Entering Down state'
hung=$(cat /run/a-bfd.pid); kill -STOP $hung; try shows $all 'Status: down'
try shows $all 'Diagnostics: control detection time expired'
kill -CONT $hung; up
# Its interface is another one of the same name, with the same addresses.
ip link del pa; try shows $all 'Status: down'; plug a 1; up
stop a; try shows $all 'Status: down'
