# The master's cable is pulled and put back, once and then three times in a row.
conf a 200; conf b 100
start a; owner a b 192.0.2.100
start b; logs b 1 'Entering BACKUP STATE'
ip link set pa down; logs a 1 'Entering FAULT STATE'; owner b a 192.0.2.100
ip link set pa up; owner a b 192.0.2.100; logs b 2 'Entering BACKUP STATE'
for n in 2 3 4; do
  ip link set pa down; logs a $n 'Entering FAULT STATE'
  ip link set pa up; try up a
done
owner a b 192.0.2.100; steady 192.0.2.1; owner a b 192.0.2.100
