# The VRRP process of the master is killed, and another crashes, then those of the backup. Where the
# master is ours, its parent stands in and nobody else ever is master; the original's comes back as
# one.
timing='version 3
 advert_int 1'
again() { # NODE HOW-OFTEN SIGNAL
  kill -$3 $(newest $1); logs $1 $2 'Starting VRRP child process'
}
conf a 200; conf b 100
start a; owner a b 192.0.2.100
start b; logs b 1 'Entering BACKUP STATE'; steady 192.0.2.1
n=1
for signal in KILL SEGV; do
  n=$((n + 1)); again a $n $signal
  if [ $A = $OURS ]; then
    more 192.0.2.1 4; never count b 1 'Entering MASTER STATE'
  else
    logs a $n 'Entering MASTER STATE'
  fi
  owner a b 192.0.2.100; steady 192.0.2.1
done
times=$(grep -c 'Entering MASTER STATE' /run/b.log)
n=1
for signal in KILL SEGV; do
  n=$((n + 1)); again b $n $signal; more 192.0.2.1 4
done
owner a b 192.0.2.100; never count b $((times + 1)) 'Entering MASTER STATE'
