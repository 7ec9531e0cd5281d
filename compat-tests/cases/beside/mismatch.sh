# What is said of, and counted for, adverts of a node that is configured otherwise. The first of each
# kind is compared: 2.2.7 has no bound for the others.
neighbour; own_tmp
pass() { echo "authentication {
 auth_type $1
 auth_pass $2
 }"; }
interval=1
try() { # WHAT PATTERN; the files are there
  mark "$1"; : > /run/here
  start; start_there
  await grep -q 'Entering MASTER' /run/log.there
  # The line is one that begins after the mark.
  said() { sed "0,/^# $1\$/d" /run/log | grep -qE -- "$2"; }
  await said "$@"
  dump_to keepalived.stats USR2 'Priority Zero'
  sed "0,/^# $1\$/d" /run/log | grep -E -- "$2" | head -1 \
    | sed -E 's/^.*[0-9]{4}: //; s/ \(from [0-9.]*\)$//; s/^/'"$1"': /'
  awk -F: '/Errors/ {of = $1} /Mismatch|Failure|Length|TTL|Type|Address List/ && $2 > 0 {print of ":" $1}' /tmp/keepalived.stats
  stop_there; stop
}
version=2
instance A 51 100 > /etc/node.conf;                    instance A 51 255 "$(pass PASS secret)" > /etc/there.conf
try 'password where none is expected' ' auth, expecting'
instance A 51 100 "$(pass PASS secret)" > /etc/node.conf;  instance A 51 255 > /etc/there.conf
try 'no password where one is expected' ' auth, expecting'
instance A 51 255 "$(pass PASS sEcret)" > /etc/there.conf
try 'another password' 'invalid passwd'
instance A 51 100 "$(pass AH secret)" > /etc/node.conf;    instance A 51 255 "$(pass AH sEcret)" > /etc/there.conf
try 'another key' 'IPSEC'
instance A 51 100 > /etc/node.conf;                    version=3 instance A 51 255 > /etc/there.conf
try 'a higher version' 'wrong version'
version=3 instance A 51 100 > /etc/node.conf;            instance A 51 255 > /etc/there.conf
try 'a lower version' 'wrong version'
instance A 51 100 > /etc/node.conf;                    interval=2 instance A 51 255 > /etc/there.conf
try 'another interval' 'interval mismatch'
instance A 51 255 | sed 's/192.0.2.51/192.0.2.59/' > /etc/there.conf
try 'another address' 'not present in'
instance A 51 255 | sed 's/192.0.2.51/&\n192.0.2.59/' > /etc/there.conf
try 'one address more' 'number count'
