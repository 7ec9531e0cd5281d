# A reload that removes an instance, the last one too: the address goes at once, and who is told is
# told of a fault, or of the deletion.
ears
pipe='global_defs {
 vrrp_notify_fifo /run/pipe
}'
read_again() { kill -HUP $daemon; logs $1 'Reload complete'; }
holds() { has 'ip -o address show dev eth0' "192.0.2.$1/"; }
gone() { ! holds $1; }
{ echo "$pipe"; instance A 51 100; instance B 52 100 notify_deleted; } > /etc/node.conf
listen; start; await holds 51; await holds 52
{ echo "$pipe"; instance A 51 100; } > /etc/node.conf
read_again 1; await gone 52; hears 1 '"B" DELETED'
mark 'the last'; echo "$pipe" > /etc/node.conf
read_again 2; await gone 51; hears 1 '"A" FAULT'
mark 'back'; { echo "$pipe"; instance B 52 100; } > /etc/node.conf
read_again 3; await holds 52
mark 'another'; { echo "$pipe"; instance A 51 100; } > /etc/node.conf
read_again 4; await gone 52; await holds 51
mark stop; stop; deaf
cat /run/told; grep -oE 'vrid 5., prio 0' /run/adverts; logged ' STATE|sent 0'
