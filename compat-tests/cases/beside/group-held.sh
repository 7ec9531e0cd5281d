# A member of a sync group whose peers are silent waits for the one that hears a better master: the
# group does not change to and fro.
neighbour
{
  instance A 51 100; instance B 52 100
  printf 'vrrp_sync_group G {\n group {\n  A\n  B\n }\n}\n'
} > /etc/node.conf
instance A 51 150 > /etc/there.conf
adverts() { [ $(grep -c ' > ' /run/adverts) -ge $1 ]; }
start_there; await grep -q 'Entering MASTER' /run/log.there
start -D; logs 2 'Entering BACKUP'
logs 1 'Receive advertisement timeout'
tcpdump -Ulni eth0 'ip proto 112' > /run/adverts 2> /run/ready & sniffer=$!
await grep -q listening /run/ready
await adverts 12
mark "the better master stops"; stop_there; logs 2 'Entering MASTER'
mark "the better master is back"; start_there; logs 4 'Entering BACKUP'
await adverts 40
stop
kill $sniffer; stop_there
logged ' STATE|Syncing'
