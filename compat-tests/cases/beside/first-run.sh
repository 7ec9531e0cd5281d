# The first run of a script decides alone, whatever `rise`, `fall` and `init_fail` say.
ears
script() { # WEIGHT STATUS MORE
  cat <<X
global_defs {
 script_user root
 vrrp_notify_fifo /run/pipe
}
vrrp_script check {
 script "/bin/sh -c 'sleep 0.3; exit $2'"
 interval 60
 rise 3
 fall 3
 weight $1
 $3
}
X
}
for case in '0 0' '0 1' '-20 0' '-20 1' '20 0' '20 1'; do
  for init in '' init_fail; do
    set -- $case
    { script $1 $2 $init; instance A 51 100 'track_script {
  check
 }'; } > /etc/node.conf
    mark "weight $1, exit $2 $init"; echo "# weight $1, exit $2 $init" >> /run/told
    start -D
    seen() { tac /run/log | sed "/^# /q" | grep -qE "$1"; }
    case $case in
      '0 1') await seen 'Script.check. failed' ;;
      *) await seen 'Entering MASTER' ;;
    esac
    stop
  done
done
logged 'STATE|VRRP_Script|Changing' | grep -v 'Entering FAULT'; cat /run/told
