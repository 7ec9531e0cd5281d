# Told to read a file that lacks its last brace and has a low priority, a master of ours refuses it,
# says in one line why, and stays. The original runs as much as it could read: it gives way. The
# mended file is read by both. A backup that is told the same changes nothing.
timing='version 3
 advert_int 1'
reads() { kill -HUP $(daemon $1); }
broken() { # NODE
  conf $1 50; sed -i '$d' /etc/$1.conf; reads $1; logs $1 1 "missing '}'s"
}
why="Reload refused, the running configuration stays: (/etc/%s.conf: Line 2) There are 1 missing '}'s"
refuses() { # NODE
  logs $1 1 'The running configuration stays in force'
  [ $(grep -cF "$(printf "$why" $1)" /run/$1.log) = 1 ] || { echo wrong: no reason; exit 1; }
  never count $1 1 'Reload complete'
}
conf a 200; conf b 100
start a; owner a b 192.0.2.100
start b; logs b 1 'Entering BACKUP STATE'; steady 192.0.2.1
broken a
if [ $A = $OURS ]; then
  refuses a; more 192.0.2.1 4; never count b 1 'Entering MASTER STATE'
else
  logs a 1 'Reload complete'; owner b a 192.0.2.100
fi
conf a 200; reads a; owner a b 192.0.2.100; steady 192.0.2.1
times=$(grep -c 'Entering MASTER STATE' /run/b.log)
broken b
if [ $B = $OURS ]; then refuses b; else logs b 1 'Reload complete'; fi
more 192.0.2.1 4; owner a b 192.0.2.100
never count b $((times + 1)) 'Entering MASTER STATE'
conf b 100; reads b; logs b 1 'Reload complete'; more 192.0.2.1 4; owner a b 192.0.2.100
never count b $((times + 1)) 'Entering MASTER STATE'
