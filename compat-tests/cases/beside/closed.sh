# What is said of the rules that close the addresses of a master; what the original says of none at its
# start is left out.
for extra in no_accept "no_accept
 use_vmac" use_vmac; do
  instance A 51 100 "$extra" > /etc/node.conf
  mark $extra; masters=$(grep -c 'Entering MASTER' /run/log)
  start -D; logs $((masters + 1)) 'Entering MASTER'
  await has 'nft list ruleset' drop
  stop
done
sed -i '/removing firewall drop rule$/{N; /(init)/s/^.*\n//}' /run/log
logged 'firewall drop rule|Entering (BACKUP|MASTER)'
