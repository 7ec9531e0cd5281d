# A script without weight is a fault, one with weight a priority.
touch /run/plain /run/weighed
conf a 150 'track_script {
 plain
 weighed
}' 'global_defs {
 script_user root
}
vrrp_script plain {
 script "/usr/bin/test -e /run/plain"
 interval 1
 rise 1
 fall 1
}
vrrp_script weighed {
 script "/usr/bin/test -e /run/weighed"
 interval 1
 weight -60
 rise 1
 fall 1
}'
conf b 100
start a; owner a b 192.0.2.100
start b; logs b 1 'Entering BACKUP STATE'
rm /run/plain; logs a 1 'Entering FAULT STATE'; owner b a 192.0.2.100
touch /run/plain; owner a b 192.0.2.100; steady 192.0.2.1
rm /run/weighed; owner b a 192.0.2.100; steady 192.0.2.2
never count a 2 'Entering FAULT STATE'
touch /run/weighed; owner a b 192.0.2.100; steady 192.0.2.1
