# What `reverse` does to weights of either sign, of scripts that succeed and fail and of interfaces that
# are up and down: the priorities that are advertised.
ip link add up0 type veth peer name up1; ip link set up0 up; ip link set up1 up
ip link add down0 type veth peer name down1
printf '#!/bin/sh\nexit 0\n' > /etc/good; printf '#!/bin/sh\nexit 1\n' > /etc/bad
chmod 755 /etc/good /etc/bad
script() { printf 'vrrp_script %s {\n script /etc/%s\n fall 1\n}\n' $1 $1; }
tracks() { printf 'track_%s {\n  %s weight %s reverse\n }\n' $1 $2 $3; }
vrid=51
{
  printf 'global_defs {\n script_user root\n}\n'; script good; script bad
  for weight in 20 -20; do
    for what in 'script good' 'script bad' 'interface up0' 'interface down0'; do
      instance V$vrid $vrid 100 "$(tracks $what $weight)"; vrid=$((vrid + 1))
    done
  done
} > /etc/node.conf
tcpdump -nlU -i peer0 'proto 112' > /run/wire 2> /run/listens &
await grep -q listening /run/listens
start -D
# The weighed priority is there with the second advert at the latest.
for vrid in $(seq 51 58); do await has_lines 3 'cat /run/wire' "vrid $vrid"; done
stop
for vrid in $(seq 51 58); do grep "vrid $vrid" /run/wire | sed -n 3p | grep -oE 'vrid [0-9]+, prio [0-9]+'; done
