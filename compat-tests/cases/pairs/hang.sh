# casts: ours_original original_ours ours_ours
# Every process of the master stands still. The other node takes over after its down timer, not
# earlier; when they go on, the better node is master, whichever it is, and no address stays twice.
hangs() { kill -STOP $(daemon $1) $(newest $1); }
goes_on() { kill -CONT $(newest $1) $(daemon $1); }
conf a 200; conf b 100
start a; owner a b 192.0.2.100
start b; logs b 1 'Entering BACKUP STATE'; steady 192.0.2.1
hangs a; try holds b 192.0.2.100; after 192.0.2.1 192.0.2.2 0.721; steady 192.0.2.2
goes_on a; owner a b 192.0.2.100; steady 192.0.2.1
# The one that hung is not the better one: it heard that all at once.
stop b; conf b 250 nopreempt; start b
times=$(grep -c 'Entering MASTER STATE' /run/b.log)
logs b 3 'Entering BACKUP STATE'; more 192.0.2.1 10
never count b $((times + 1)) 'Entering MASTER STATE'
hangs a; try holds b 192.0.2.100; after 192.0.2.1 192.0.2.2 0.604; steady 192.0.2.2
goes_on a; owner b a 192.0.2.100; steady 192.0.2.2
more 192.0.2.2 10; owner b a 192.0.2.100
