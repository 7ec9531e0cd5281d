complete -c keepalived-rs -s f -l use-file -d 'Use this configuration file instead of /etc/keepalived/keepalived.conf' -r -F
complete -c keepalived-rs -s S -l log-facility -d 'syslog facility: 0-7, local0-local7, or a name' -r
complete -c keepalived-rs -s g -l log-file -d 'Log to files, too' -r -F
complete -c keepalived-rs -s u -l umask -d 'File creation mask, in octal with a leading 0 or decimal' -r
complete -c keepalived-rs -s p -l pid -d 'Pid file of the parent' -r -F
complete -c keepalived-rs -s r -l vrrp_pid -d 'Pid file of the VRRP child' -r -F
complete -c keepalived-rs -s c -l checkers_pid -d 'Pid file of the checker child' -r -F
complete -c keepalived-rs -s b -l bfd_pid -d 'Pid file of the BFD child' -r -F
complete -c keepalived-rs -s A -l snmp-agent-socket -d 'Socket of the SNMP master agent' -r
complete -c keepalived-rs -s s -l namespace -d 'Run in this network namespace' -r
complete -c keepalived-rs -s M -l core-dump-pattern -d 'Also set the pattern of core files\' names' -r
complete -c keepalived-rs -s i -l config-id -d 'Lines that begin with @ID count only with this id' -r
complete -c keepalived-rs -l signum -d 'Print the signal\'s number for STOP, RELOAD, DATA, STATS, STATS_CLEAR, JSON or TDUMP' -r
complete -c keepalived-rs -s t -l config-test -d 'Test the configuration; messages go to FILE if given' -r -F
complete -c keepalived-rs -s P -l vrrp -d 'Only run the VRRP subsystem'
complete -c keepalived-rs -s C -l check -d 'Only run the health checkers'
complete -c keepalived-rs -s B -l no_bfd -d 'Do not run the BFD subsystem'
complete -c keepalived-rs -l all -d 'Start every subsystem, also without configuration'
complete -c keepalived-rs -s l -l log-console -d 'Log to the terminal, too (with -n)'
complete -c keepalived-rs -s D -l log-detail -d 'Log details'
complete -c keepalived-rs -l flush-log-file -d 'Flush log files after each line'
complete -c keepalived-rs -s G -l no-syslog -d 'Do not log to syslog'
complete -c keepalived-rs -s X -l release-vips -d 'Remove virtual addresses at start (always done)'
complete -c keepalived-rs -s V -l dont-release-vrrp -d 'Leave addresses in place at stop'
complete -c keepalived-rs -s I -l dont-release-ipvs -d 'Leave the IPVS table in place at stop'
complete -c keepalived-rs -s R -l dont-respawn -d 'End when a child dies instead of starting it again'
complete -c keepalived-rs -s n -l dont-fork -d 'Stay in the foreground'
complete -c keepalived-rs -s d -l dump-conf -d 'Dump the configuration at start'
complete -c keepalived-rs -s T -l genhash -d 'Print the digest of a page, as genhash does'
complete -c keepalived-rs -s a -l address-monitoring -d 'Log every address that comes or goes'
complete -c keepalived-rs -s x -l snmp -d 'Enable SNMP'
complete -c keepalived-rs -s m -l core-dump -d 'Write a core file on a crash'
complete -c keepalived-rs -s e -l all-config -d 'A missing include is an error'
complete -c keepalived-rs -l ignore-sigint -d 'Leave SIGINT to others'
complete -c keepalived-rs -l explain -d 'With -t: show each problem with the text it is about and what to do'
complete -c keepalived-rs -s v -l version -d 'Print the version'
complete -c keepalived-rs -s h -l help -d 'Print this help'
