# Two instances in a sync group: what one of them loses, both do.
second() { # NODE PRIORITY IN-THE-INSTANCE
  cat >> /etc/$1.conf <<X
vrrp_instance W {
 interface eth0
 virtual_router_id 52
 version 3
 advert_int 0.2
 priority $2
 garp_master_repeat 1
 garp_master_delay 1
 $3
 virtual_ipaddress {
  192.0.2.102/24
 }
}
vrrp_sync_group G {
 group {
  V
  W
 }
}
X
}
echo 0 > /run/file
conf a 200 '' 'track_file f {
 file /run/file
 weight 0
}'
second a 200 'track_file {
 f
}'
conf b 100; second b 100 ''
start a; owner a b 192.0.2.100; owner a b 192.0.2.102
start b; logs b 1 '(V) Entering BACKUP STATE'; logs b 1 '(W) Entering BACKUP STATE'
echo 1 > /run/file; logs a 1 '(V) Entering FAULT STATE'; logs a 1 '(W) Entering FAULT STATE'
owner b a 192.0.2.100; owner b a 192.0.2.102
echo 0 > /run/file; owner a b 192.0.2.100; owner a b 192.0.2.102; steady 192.0.2.1
stop a; owner b a 192.0.2.100; owner b a 192.0.2.102
