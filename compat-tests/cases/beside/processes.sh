# host: process events
# Tracked processes by the kernel's events: one that comes, goes, is renamed; how names and parameters are
# compared; quorum, quorum_max and terminate_delay; weights, and FAULT without one.
# Who else plays this at the same time has other names.
export id=k$(($$ % 100000)); mkdir /run/bin; all=; trap 'kill $daemon $all 2> /run/none' EXIT; trap 'exit 1' TERM
track() { # NAME PROCESS LINES
  printf 'vrrp_track_process %s {\n process %s\n %s\n}\n' $1 "$2" "$3"
}
tracks() { echo 'track_process {'; printf '  %s\n' "$@"; echo ' }'; }
names='one pair most exact initial partial path renamed late back'
{
  track one ${id}_one 'weight 10'
  track pair ${id}_pair 'weight -20
 quorum 2'
  track most ${id}_most 'weight 7
 quorum_max 2'
  track exact "${id}_exact 80 1" 'weight 1'
  track initial "${id}_initial 8" 'weight 2
 param_match initial'
  track partial "${id}_partial 80" 'weight 4
 param_match partial'
  track path /run/bin/${id}_path 'weight 5
 full_command'
  track renamed ${id}_new 'weight 50'
  track late ${id}_late 'weight 30
 terminate_delay 1'
  track back ${id}_back 'weight 3 reverse'
  track fault ${id}_fault 'weight 0'
  instance A 51 100 "$(tracks $names)"
  instance B 52 100 "$(tracks fault)"
} > /etc/node.conf
for name in one pair most exact initial partial path late back fault; do cp /bin/sleep /run/bin/${id}_$name; done
cp /bin/sh /run/bin/${id}_old
# The program is called by its name alone, with the parameters; $pid is its process.
run() { # NAME PARAMETER...
  program=$1; shift
  PATH=/run/bin:$PATH ${id}_$program "$@" < ${input:-/dev/null} & pid=$!
  all="$all $pid"; await grep -q ${id}_ /proc/$pid/comm
}
gained=0 lost=0
gained() { gained=$((gained + 1)); logs $gained "Quorum gained"; }
lost() { lost=$((lost + 1)); logs $lost "Quorum lost"; }
# What follows from it is logged after it.
moved() { logs $((gained + lost)) '\(A\) Changing effective priority'; }
gains() { gained; moved; }
loses() { lost; moved; }
start -D; logs 1 '\(A\) Entering BACKUP'; logs 1 '\(B\).*ntering FAULT'
mark one; run one 700; gains; kill $pid; loses
mark pair; run pair 700; first=$pid; run pair 700; gains; kill $first; loses; kill $pid
mark most; run most 700; gains; first=$pid; run most 700; second=$pid; run most 700; loses
kill $pid; gains; kill $first $second; loses
mark exact; run exact 80; first=$pid; run exact 80 1; gains; kill $first $pid; loses
mark initial; run initial 70; first=$pid; run initial 800 1; gains; kill $first $pid; loses
mark partial; run partial 800; first=$pid; run partial 80 1; gains; kill $first $pid; loses
mark path; run path 700; first=$pid; /run/bin/${id}_path 700 & pid=$!; all="$all $pid"; gains; kill $first $pid; loses
mark started by its path; /run/bin/${id}_exact 80 1 & first=$!; all="$all $first"
mark renamed; mkfifo /run/next; exec 8<> /run/next
input=/run/next run old -c 'read -r _; printf ${id}_new > /proc/$$/comm; read -r _; printf ${id}_old > /proc/$$/comm; read -r _'
echo >&8; gains; echo >&8; loses; kill $first $pid
input=; mark late; run late 700; gains; kill $pid; wait $pid; run late 700; kill $pid; loses
mark back; run back 700; gains; kill $pid; loses
mark fault; run fault 700; logs 1 '\(B\) Entering BACKUP'; gained; kill $pid; lost; logs 2 '\(B\).*ntering FAULT'
stop
sed -n '/^# one/,$p' /run/log > /run/later; mv /run/later /run/log
logged 'Quorum|effective priority|Entering (BACKUP|FAULT)'
