# After a reload the backups are told at once what they have to reckon with: a longer interval, which
# one that goes by the master's would otherwise not wait for; priority, version, password, addresses.
neighbour
tcpdump -Ulnvi eth0 'ip proto 112 and src 192.0.2.1' > /run/adverts 2> /run/ready & sniffer=$!
await grep -q listening /run/ready
heard() { [ $(grep -c ' > ' /run/adverts) -gt $1 ]; }
reload() { # WHAT; the new file is there
  echo "# $1"; before=$(grep -c ' > ' /run/adverts)
  kill -HUP $daemon; await heard $((before + 1 + ${2:-2}))
  grep -o 'VRRPv.*' /run/adverts | tail -n +$((before + 1)) | sed -E 's/, length [0-9]+//' | uniq
}
instance A 51 200 > /etc/node.conf; instance A 51 100 > /etc/there.conf
start -D; logs 1 'Entering MASTER'; start_there; await grep -q 'Entering BACKUP' /run/log.there
interval=5
instance A 51 200 > /etc/node.conf; reload interval
grep -c 'Entering MASTER' /run/log.there
stop_there; interval=0.5
instance A 51 200 > /etc/node.conf; reload 'interval back'
instance A 51 150 > /etc/node.conf; reload priority
instance A 51 150 | sed 's/192.0.2.51/&\n192.0.2.52/' > /etc/node.conf; reload address
version=2; interval=1
instance A 51 150 > /etc/node.conf; reload version
instance A 51 150 'authentication {
 auth_type PASS
 auth_pass new
 }' > /etc/node.conf; reload password
stop; kill $sniffer
