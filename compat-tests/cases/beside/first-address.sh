# Which instances are told, at the start and at a reload, that their first IPv6 address is not link-local.
{
  six GLOBAL 51 100 '' '2001:db8::51'
  six LATER 52 100 '' '2001:db8::52
  fe80::52'
  six LOCAL 53 100
  six PEERS 54 100 'unicast_peer {
  2001:db8::2
 }' '2001:db8::54'
  instance FOUR 55 100
} > /etc/node.conf
start; logs 4 'Entering MASTER'; mark reload
kill -HUP $daemon; logs 4 'should be link local'; stop
logged 'link local'
$keepalived -t -f /etc/node.conf; echo "test: $?"
