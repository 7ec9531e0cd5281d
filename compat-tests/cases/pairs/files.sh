# A file without weight is a fault, one with weight a priority.
echo 0 > /run/plain; echo 0 > /run/weighed
conf a 150 'track_file {
 plain
 weighed weight 1
}' 'track_file plain {
 file /run/plain
 weight 0
}
track_file weighed {
 file /run/weighed
 weight 1
}'
conf b 100
start a; owner a b 192.0.2.100
start b; logs b 1 'Entering BACKUP STATE'
echo 1 > /run/plain; logs a 1 'Entering FAULT STATE'; owner b a 192.0.2.100
echo 0 > /run/plain; owner a b 192.0.2.100; steady 192.0.2.1
echo -60 > /run/weighed; owner b a 192.0.2.100; steady 192.0.2.2
never count a 2 'Entering FAULT STATE'
echo 5 > /run/weighed; owner a b 192.0.2.100; steady 192.0.2.1
