# The owner of the addresses is master at once when it starts. When it returns from a fault, or its
# link comes up after the start, it waits its down timer as everybody else.
ip link add eth1 type veth peer name peer1; ip address add 198.51.100.1/24 dev eth1; ip link set eth1 up
echo 0 > /run/number
{
  printf 'global_defs {\n script_user root\n}\nvrrp_script s {\n script "/usr/bin/test -e /run/good"\n interval 1\n rise 1\n fall 1\n}\ntrack_file f {\n file /run/number\n weight 0\n}\n'
  instance A 51 255; instance B 52 255 | sed s/eth0/eth1/
  instance C 53 255 'track_script {
  s
 }'
  instance D 54 255 'track_file {
  f
 }'
} > /etc/node.conf
touch /run/good
state() { logs "$2" "\\($1\\) Entering $3"; }
start; for name in A C D; do state $name 1 MASTER; done
mark 'link of B'; ip link set peer1 up; state B 1 MASTER
mark 'script of C'; rm /run/good; state C 1 FAULT; touch /run/good; state C 2 MASTER
mark 'file of D'; echo 1 > /run/number; state D 1 FAULT; echo 0 > /run/number; state D 2 MASTER
mark 'link of A'; ip link set peer0 down; state A 1 FAULT; ip link set peer0 up; state A 2 MASTER
stop
# 2.2.7 spells a fault at the start otherwise.
for name in A B C D; do logged STATE | grep "($name)" | grep -v 'B) Entering FAULT'; done
