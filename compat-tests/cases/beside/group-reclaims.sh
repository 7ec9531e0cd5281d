# An address that someone deletes is taken back by the whole group after one skew.
{
  interval=2; instance A 51 200; instance B 52 150
  printf 'vrrp_sync_group G {\n group {\n  A\n  B\n }\n}\n'
} > /etc/node.conf
holds() { ip -o address show dev eth0 | grep -qF "$1/"; }
tcpdump -Ulntti peer0 'ip proto 112' > /run/adverts 2> /run/ready & sniffer=$!
await grep -q listening /run/ready
start -D; logs 2 'Entering MASTER'; await holds 192.0.2.51; await holds 192.0.2.52
mark deleted; ip address del 192.0.2.51/32 dev eth0
logs 4 'Entering MASTER'; await holds 192.0.2.51; await holds 192.0.2.52
stop; kill $sniffer
logged ' STATE|sent 0'
# From the first advert with priority 0 to the next with another: not the whole silence of 6 s.
awk '/prio 0,/ && !from {from = $1} !/prio 0,/ && from {print ($1 - from < 5 ? "soon" : "late"); exit}' /run/adverts
