# Owners begin as masters if all of the group are; one that is not keeps them waiting. (2.2.7 passes
# through BACKUP in either case.)
group='vrrp_sync_group G {
 group {
  A
  B
 }
}'
for priorities in "255 255" "255 100" "100 255"; do
  set -- $priorities
  { instance A 51 $1; instance B 52 $2; echo "$group"; } > /etc/node.conf
  mark "$priorities"; before=$(grep -c 'Entering MASTER' /run/log)
  start; logs $((before + 2)) 'Entering MASTER'
  stop
done
logged ' STATE$'
