# Adverts never come from a virtual address, though the kernel lists the one that came last first: not
# from another instance's, not from one that a reload removes.
interval=0.2; ip address add fe80::1/64 dev eth0 nodad
{ six A 51 100; six B 52 100; } > /etc/node.conf
listen; start -D; logs 2 'Entering MASTER'; sources 51 start
read_again() { kill -HUP $daemon; logs $1 'Reload complete'; sources 51 "$2"; }
read_again 1 'the same'
{ six A 51 100; six B 52 100 '' fe80::53; } > /etc/node.conf; read_again 2 'the first of B is another'
{ six A 51 100 '' 'fe80::54
  2001:db8::51'; six B 52 100 '' fe80::53; } > /etc/node.conf; read_again 3 'the first of A is another'
six A 51 100 '' 'fe80::54
  2001:db8::51' > /etc/node.conf; read_again 4 'B is gone'
stop; deaf
logged STATE
sed -nE 's/.* (Sending.*Neighbour Adverts?) on.*/\1/p' /run/log | sort -u
