# What config_save_dir keeps: what was read, as it stands in the files, and the state before and after.
interval=0.5
printf '# of mine\nvrrp_script chk { # used\n\tscript "/usr/bin/true"\n\n  interval 1 \n}\n' > /etc/inc.conf
write() {
  printf 'global_defs {\n config_save_dir /run/saved\n script_user root\n}\n$P=%s ! for all\n' $1
  printf 'include /etc/inc.conf\n@never priority 3\ninclude /etc/absent.conf\n'
  instance A 51 '$P' "authentication {
  auth_type PASS
  auth_pass secret
 }" | sed 's/^version 3/version 2/'
}
kept() { (cd /run/saved; stat -c '%A %n' . * | sed -E "s/\\.$daemon\\./.PARENT./; s/vrrp\\.[0-9]+\\./vrrp.CHILD./"); }
version=2 interval=1
write 100 > /etc/node.conf
start; logs 1 'Entering MASTER'; echo '# start'; kept; cat /run/saved/keepalived.conf.*.0
write 110 > /etc/node.conf; kill -HUP $daemon
saved() { grep -q "Priority = $2" /run/saved/*.$1 2> /dev/null; }
await saved 1.post 110; echo '# reload'; kept; cat /run/saved/keepalived.conf.*.1
grep -hE '^   (Priority|Effective priority) =' /run/saved/*.1.pre /run/saved/*.1.post
write 120 > /etc/node.conf; kill -HUP $daemon; await saved 2.post 120; echo '# again'; kept
stop
