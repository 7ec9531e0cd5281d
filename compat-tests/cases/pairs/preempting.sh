# nopreempt: the better one waits until the other is gone. preempt_delay: it waits that long.
conf a 200 nopreempt; conf b 100
start b; owner b a 192.0.2.100
start a; logs a 1 'Entering BACKUP STATE'; more 192.0.2.2 10
never count a 1 'Entering MASTER STATE'
stop b; owner a b 192.0.2.100; steady 192.0.2.1
start b; logs b 2 'Entering BACKUP STATE'; more 192.0.2.1 5
conf a 200 'preempt_delay 2'
stop a; owner b a 192.0.2.100; steady 192.0.2.2
start a; owner a b 192.0.2.100; since_start a 192.0.2.1 2; steady 192.0.2.1
