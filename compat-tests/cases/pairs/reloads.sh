# The master reads an unchanged file, one with a further address and one with an instance less: the
# other node never takes over what is in all of them.
timing='version 3
 advert_int 1'
vips='192.0.2.102/24'; conf a 200; sed 's/ V / W /; s/id 51/id 52/' /etc/a.conf > /etc/other
vips=
reads() { # VIPS [FILE]
  vips=$1; conf a 200; cat ${2-} < /dev/null >> /etc/a.conf; kill -HUP $(daemon a)
}
conf a 200; cat /etc/other >> /etc/a.conf; conf b 100
start a; owner a b 192.0.2.100; owner a b 192.0.2.102
start b; logs b 1 'Entering BACKUP STATE'
reads 192.0.2.100/24 /etc/other; logs a 1 'Reload complete'; more 192.0.2.1 2
reads '192.0.2.100/24
  192.0.2.101/24' /etc/other; owner a b 192.0.2.101; logs a 2 'Reload complete'
reads '192.0.2.100/24
  192.0.2.101/24'; try lacks a 192.0.2.102; logs a 3 'Reload complete'; more 192.0.2.1 2
owner a b 192.0.2.100; owner a b 192.0.2.101
never count b 1 'Entering MASTER STATE'
