# A backup with IPv6 reads an unchanged file, one with another address, one with another instance,
# and one with a higher priority. It is master of what nobody else advertises, and of no more before
# the last.
neighbour; six A 51 200 > /etc/there.conf
start_there; await grep -q 'Entering MASTER' /run/log.there
six A 51 100 > /etc/node.conf; start -D; logs 1 'A. Entering BACKUP'
tcpdump -Ulni eth0 'ip6 proto 112' > /run/adverts 2> /run/ready & sniffer=$!
await grep -q listening /run/ready
reload() { # WHAT; the new file is there
  mark "$1"; echo "# $1"; n=$(($(grep -c 'Reload complete\|Reload finished' /run/log) + 1))
  kill -HUP $daemon; logs $n 'Reload (complete|finished)'
  local from=$(grep -c 'vrid 51' /run/adverts); await sent 51 $((from + 6))
}
shows() { ip -o -6 address show dev eth0 | grep -o 'inet6 [^ ]*5[1-9]/[0-9]*' | sort; }
reload unchanged; shows
six A 51 100 'virtual_ipaddress_excluded {
  2001:db8::53
 }' > /etc/node.conf; reload address; shows
six B 52 150 >> /etc/node.conf; reload instance; logs 1 'B. Entering MASTER'; shows
sed -i 's/priority 100/priority 250/' /etc/node.conf; reload priority
logs 1 'A. Entering MASTER'; await has 'ip address' 2001:db8::53; shows
stop; deaf; stop_there
logged 'STATE'; grep -o 'A) Entering.*' /run/log.there
