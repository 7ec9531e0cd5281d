# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_keepalived_rs_global_optspecs
    string join \n f/use-file= P/vrrp C/check B/no_bfd all l/log-console D/log-detail S/log-facility= g/log-file= flush-log-file G/no-syslog u/umask= X/release-vips V/dont-release-vrrp I/dont-release-ipvs R/dont-respawn n/dont-fork d/dump-conf p/pid= r/vrrp_pid= c/checkers_pid= b/bfd_pid= T/genhash a/address-monitoring x/snmp A/snmp-agent-socket= s/namespace= m/core-dump M/core-dump-pattern= e/all-config i/config-id= ignore-sigint signum= t/config-test= explain offline format= v/version h/help
end

function __fish_keepalived_rs_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_keepalived_rs_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_keepalived_rs_using_subcommand
    set -l cmd (__fish_keepalived_rs_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c keepalived-rs -n "__fish_keepalived_rs_needs_command" -s f -l use-file -d 'Use this configuration file instead of /etc/keepalived/keepalived.conf' -r -F
complete -c keepalived-rs -n "__fish_keepalived_rs_needs_command" -s S -l log-facility -d 'syslog facility: 0-7, local0-local7, or a name' -r
complete -c keepalived-rs -n "__fish_keepalived_rs_needs_command" -s g -l log-file -d 'Log to files, too' -r -F
complete -c keepalived-rs -n "__fish_keepalived_rs_needs_command" -s u -l umask -d 'File creation mask, in octal with a leading 0 or decimal' -r
complete -c keepalived-rs -n "__fish_keepalived_rs_needs_command" -s p -l pid -d 'Pid file of the parent' -r -F
complete -c keepalived-rs -n "__fish_keepalived_rs_needs_command" -s r -l vrrp_pid -d 'Pid file of the VRRP child' -r -F
complete -c keepalived-rs -n "__fish_keepalived_rs_needs_command" -s c -l checkers_pid -d 'Pid file of the checker child' -r -F
complete -c keepalived-rs -n "__fish_keepalived_rs_needs_command" -s b -l bfd_pid -d 'Pid file of the BFD child' -r -F
complete -c keepalived-rs -n "__fish_keepalived_rs_needs_command" -s A -l snmp-agent-socket -d 'Socket of the SNMP master agent' -r
complete -c keepalived-rs -n "__fish_keepalived_rs_needs_command" -s s -l namespace -d 'Run in this network namespace' -r
complete -c keepalived-rs -n "__fish_keepalived_rs_needs_command" -s M -l core-dump-pattern -d 'Also set the pattern of core files\' names' -r
complete -c keepalived-rs -n "__fish_keepalived_rs_needs_command" -s i -l config-id -d 'Lines that begin with @ID count only with this id' -r
complete -c keepalived-rs -n "__fish_keepalived_rs_needs_command" -l signum -d 'Print the signal\'s number for STOP, RELOAD, UPGRADE, DATA, STATS, STATS_CLEAR, JSON or TDUMP' -r
complete -c keepalived-rs -n "__fish_keepalived_rs_needs_command" -s t -l config-test -d 'Test the configuration; messages go to FILE if given' -r -F
complete -c keepalived-rs -n "__fish_keepalived_rs_needs_command" -l format -d 'With -t: how problems are shown; json and sarif go to standard output' -r -f -a "line\t'One line each, as keepalived words them'
annotated\t'With the text that each is about and what to do'
json\t'One JSON document'
sarif\t'One SARIF 2.1.0 log, for code hosts and editors'"
complete -c keepalived-rs -n "__fish_keepalived_rs_needs_command" -s P -l vrrp -d 'Only run the VRRP subsystem'
complete -c keepalived-rs -n "__fish_keepalived_rs_needs_command" -s C -l check -d 'Only run the health checkers'
complete -c keepalived-rs -n "__fish_keepalived_rs_needs_command" -s B -l no_bfd -d 'Do not run the BFD subsystem'
complete -c keepalived-rs -n "__fish_keepalived_rs_needs_command" -l all -d 'Start every subsystem, also without configuration'
complete -c keepalived-rs -n "__fish_keepalived_rs_needs_command" -s l -l log-console -d 'Log to the terminal, too (with -n)'
complete -c keepalived-rs -n "__fish_keepalived_rs_needs_command" -s D -l log-detail -d 'Log details'
complete -c keepalived-rs -n "__fish_keepalived_rs_needs_command" -l flush-log-file -d 'Flush log files after each line (always done)'
complete -c keepalived-rs -n "__fish_keepalived_rs_needs_command" -s G -l no-syslog -d 'Do not log to syslog'
complete -c keepalived-rs -n "__fish_keepalived_rs_needs_command" -s X -l release-vips -d 'Remove virtual addresses at start (always done)'
complete -c keepalived-rs -n "__fish_keepalived_rs_needs_command" -s V -l dont-release-vrrp -d 'Leave addresses in place at stop'
complete -c keepalived-rs -n "__fish_keepalived_rs_needs_command" -s I -l dont-release-ipvs -d 'Leave the IPVS table in place at stop'
complete -c keepalived-rs -n "__fish_keepalived_rs_needs_command" -s R -l dont-respawn -d 'End when a child dies instead of starting it again'
complete -c keepalived-rs -n "__fish_keepalived_rs_needs_command" -s n -l dont-fork -d 'Stay in the foreground'
complete -c keepalived-rs -n "__fish_keepalived_rs_needs_command" -s d -l dump-conf -d 'Dump the configuration at start'
complete -c keepalived-rs -n "__fish_keepalived_rs_needs_command" -s T -l genhash -d 'Print the digest of a page, as genhash does'
complete -c keepalived-rs -n "__fish_keepalived_rs_needs_command" -s a -l address-monitoring -d 'Log every address that comes or goes'
complete -c keepalived-rs -n "__fish_keepalived_rs_needs_command" -s x -l snmp -d 'Enable SNMP'
complete -c keepalived-rs -n "__fish_keepalived_rs_needs_command" -s m -l core-dump -d 'Write a core file on a crash'
complete -c keepalived-rs -n "__fish_keepalived_rs_needs_command" -s e -l all-config -d 'A missing include is an error'
complete -c keepalived-rs -n "__fish_keepalived_rs_needs_command" -l ignore-sigint -d 'Leave SIGINT to others'
complete -c keepalived-rs -n "__fish_keepalived_rs_needs_command" -l explain -d 'With -t: show each problem with the text it is about and what to do'
complete -c keepalived-rs -n "__fish_keepalived_rs_needs_command" -l offline -d 'With -t: look at no interface, account or script, only at the text'
complete -c keepalived-rs -n "__fish_keepalived_rs_needs_command" -s v -l version -d 'Print the version'
complete -c keepalived-rs -n "__fish_keepalived_rs_needs_command" -s h -l help -d 'Print this help'
complete -c keepalived-rs -n "__fish_keepalived_rs_needs_command" -f -a "lab" -d 'Run the configurations of several machines on this one, each in namespaces of its own'
complete -c keepalived-rs -n "__fish_keepalived_rs_needs_command" -f -a "simulate" -d 'Run the configurations of several machines in virtual time, and say who is master when'
complete -c keepalived-rs -n "__fish_keepalived_rs_needs_command" -f -a "explain" -d 'Say what a keyword of keepalived.conf, the code of a message or a rule of lint means'
complete -c keepalived-rs -n "__fish_keepalived_rs_needs_command" -f -a "fmt" -d 'Bring keepalived.conf into its canonical text, which means the same'
complete -c keepalived-rs -n "__fish_keepalived_rs_needs_command" -f -a "convert" -d 'Turn keepalived.conf into JSON, or JSON into keepalived.conf'
complete -c keepalived-rs -n "__fish_keepalived_rs_needs_command" -f -a "completions" -d 'Print a script that completes this command line'
complete -c keepalived-rs -n "__fish_keepalived_rs_needs_command" -f -a "lint" -d 'Say what configurations will do that their author did not mean, over all nodes given'
complete -c keepalived-rs -n "__fish_keepalived_rs_needs_command" -f -a "status" -d 'Say how a running daemon stands: who is master, since when and why, what it tracks'
complete -c keepalived-rs -n "__fish_keepalived_rs_needs_command" -f -a "why" -d 'Say why an instance of a running daemon is in its state, what would change that, and what has happened to it'
complete -c keepalived-rs -n "__fish_keepalived_rs_needs_command" -f -a "upgrade" -d 'Let a running daemon go on as the program that has been installed in its place: same process, same sockets, same masters, no advert missed'
complete -c keepalived-rs -n "__fish_keepalived_rs_needs_command" -f -a "stop" -d 'Stop a running daemon as TERM does, and wait until it has ended'
complete -c keepalived-rs -n "__fish_keepalived_rs_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c keepalived-rs -n "__fish_keepalived_rs_using_subcommand lab" -l script -d 'What to do and to expect [default: lab.script beside the directories; without one everything is started and the timeline runs until interrupted]' -r -F
complete -c keepalived-rs -n "__fish_keepalived_rs_using_subcommand lab" -l original -d 'Run the installed keepalived and nginx instead of these: all, NODE or NODE/SERVICE' -r
complete -c keepalived-rs -n "__fish_keepalived_rs_using_subcommand lab" -l nginx -d 'The nginx-stream-rs to use [default: beside this program]' -r -F
complete -c keepalived-rs -n "__fish_keepalived_rs_using_subcommand lab" -l unprivileged -d 'Use a user namespace even as root'
complete -c keepalived-rs -n "__fish_keepalived_rs_using_subcommand lab" -l verbose -d 'Show every log line and all output'
complete -c keepalived-rs -n "__fish_keepalived_rs_using_subcommand lab" -l json -d 'Show every observation as a line of JSON'
complete -c keepalived-rs -n "__fish_keepalived_rs_using_subcommand lab" -l check -d 'Read directories and script, start nothing'
complete -c keepalived-rs -n "__fish_keepalived_rs_using_subcommand simulate" -l script -d 'What to do and to expect, in the language of the lab' -r -F
complete -c keepalived-rs -n "__fish_keepalived_rs_using_subcommand simulate" -l until -d 'Go on until this time, as 90s or 5m; without a script: start every node and show what happens until then' -r
complete -c keepalived-rs -n "__fish_keepalived_rs_using_subcommand simulate" -l seed -d 'Another course of chance: how long each packet takes' -r
complete -c keepalived-rs -n "__fish_keepalived_rs_using_subcommand simulate" -l verbose -d 'Show everything that the engines tell'
complete -c keepalived-rs -n "__fish_keepalived_rs_using_subcommand simulate" -l json -d 'One JSON object a line: every observation, or every question with its answer'
complete -c keepalived-rs -n "__fish_keepalived_rs_using_subcommand explain" -l json -d 'As one JSON object, for editors'
complete -c keepalived-rs -n "__fish_keepalived_rs_using_subcommand fmt" -l check -d 'Print what would change, and end with 1 if anything would'
complete -c keepalived-rs -n "__fish_keepalived_rs_using_subcommand fmt" -l write -d 'Write the files in place of printing their text'
complete -c keepalived-rs -n "__fish_keepalived_rs_using_subcommand convert" -l json -d 'Print what this keepalived.conf and its includes say, as JSON; its passwords are in it' -r -F
complete -c keepalived-rs -n "__fish_keepalived_rs_using_subcommand convert" -l conf -d 'Print the keepalived.conf that this JSON stands for' -r -F
complete -c keepalived-rs -n "__fish_keepalived_rs_using_subcommand lint" -l allow -d 'Leave out findings of this rule; may be given several times' -r
complete -c keepalived-rs -n "__fish_keepalived_rs_using_subcommand lint" -l format -d 'How findings are shown' -r -f -a "line\t'One line each, as keepalived words them'
annotated\t'With the text that each is about and what to do'
json\t'One JSON document'
sarif\t'One SARIF 2.1.0 log, for code hosts and editors'"
complete -c keepalived-rs -n "__fish_keepalived_rs_using_subcommand lint" -l list -d 'Say what each rule looks for, and exit'
complete -c keepalived-rs -n "__fish_keepalived_rs_using_subcommand status" -l instance -d 'The daemon with this `instance`, or in this network namespace; needed where several run' -r
complete -c keepalived-rs -n "__fish_keepalived_rs_using_subcommand status" -l socket -d 'Its socket, which lies beside its pid file' -r -F
complete -c keepalived-rs -n "__fish_keepalived_rs_using_subcommand status" -l json -d 'As one JSON object'
complete -c keepalived-rs -n "__fish_keepalived_rs_using_subcommand why" -l instance -d 'The daemon with this `instance`, or in this network namespace; needed where several run' -r
complete -c keepalived-rs -n "__fish_keepalived_rs_using_subcommand why" -l socket -d 'Its socket, which lies beside its pid file' -r -F
complete -c keepalived-rs -n "__fish_keepalived_rs_using_subcommand why" -l json -d 'As one JSON object'
complete -c keepalived-rs -n "__fish_keepalived_rs_using_subcommand upgrade" -l instance -d 'The daemon with this `instance`, or in this network namespace; needed where several run' -r
complete -c keepalived-rs -n "__fish_keepalived_rs_using_subcommand upgrade" -l socket -d 'Its socket, which lies beside its pid file' -r -F
complete -c keepalived-rs -n "__fish_keepalived_rs_using_subcommand stop" -l instance -d 'The daemon with this `instance`, or in this network namespace; needed where several run' -r
complete -c keepalived-rs -n "__fish_keepalived_rs_using_subcommand stop" -l socket -d 'Its socket, which lies beside its pid file' -r -F
complete -c keepalived-rs -n "__fish_keepalived_rs_using_subcommand stop" -l for-restart -d 'Keep everything in place for the next start, if one follows'
complete -c keepalived-rs -n "__fish_keepalived_rs_using_subcommand help; and not __fish_seen_subcommand_from lab simulate explain fmt convert completions lint status why upgrade stop help" -f -a "lab" -d 'Run the configurations of several machines on this one, each in namespaces of its own'
complete -c keepalived-rs -n "__fish_keepalived_rs_using_subcommand help; and not __fish_seen_subcommand_from lab simulate explain fmt convert completions lint status why upgrade stop help" -f -a "simulate" -d 'Run the configurations of several machines in virtual time, and say who is master when'
complete -c keepalived-rs -n "__fish_keepalived_rs_using_subcommand help; and not __fish_seen_subcommand_from lab simulate explain fmt convert completions lint status why upgrade stop help" -f -a "explain" -d 'Say what a keyword of keepalived.conf, the code of a message or a rule of lint means'
complete -c keepalived-rs -n "__fish_keepalived_rs_using_subcommand help; and not __fish_seen_subcommand_from lab simulate explain fmt convert completions lint status why upgrade stop help" -f -a "fmt" -d 'Bring keepalived.conf into its canonical text, which means the same'
complete -c keepalived-rs -n "__fish_keepalived_rs_using_subcommand help; and not __fish_seen_subcommand_from lab simulate explain fmt convert completions lint status why upgrade stop help" -f -a "convert" -d 'Turn keepalived.conf into JSON, or JSON into keepalived.conf'
complete -c keepalived-rs -n "__fish_keepalived_rs_using_subcommand help; and not __fish_seen_subcommand_from lab simulate explain fmt convert completions lint status why upgrade stop help" -f -a "completions" -d 'Print a script that completes this command line'
complete -c keepalived-rs -n "__fish_keepalived_rs_using_subcommand help; and not __fish_seen_subcommand_from lab simulate explain fmt convert completions lint status why upgrade stop help" -f -a "lint" -d 'Say what configurations will do that their author did not mean, over all nodes given'
complete -c keepalived-rs -n "__fish_keepalived_rs_using_subcommand help; and not __fish_seen_subcommand_from lab simulate explain fmt convert completions lint status why upgrade stop help" -f -a "status" -d 'Say how a running daemon stands: who is master, since when and why, what it tracks'
complete -c keepalived-rs -n "__fish_keepalived_rs_using_subcommand help; and not __fish_seen_subcommand_from lab simulate explain fmt convert completions lint status why upgrade stop help" -f -a "why" -d 'Say why an instance of a running daemon is in its state, what would change that, and what has happened to it'
complete -c keepalived-rs -n "__fish_keepalived_rs_using_subcommand help; and not __fish_seen_subcommand_from lab simulate explain fmt convert completions lint status why upgrade stop help" -f -a "upgrade" -d 'Let a running daemon go on as the program that has been installed in its place: same process, same sockets, same masters, no advert missed'
complete -c keepalived-rs -n "__fish_keepalived_rs_using_subcommand help; and not __fish_seen_subcommand_from lab simulate explain fmt convert completions lint status why upgrade stop help" -f -a "stop" -d 'Stop a running daemon as TERM does, and wait until it has ended'
complete -c keepalived-rs -n "__fish_keepalived_rs_using_subcommand help; and not __fish_seen_subcommand_from lab simulate explain fmt convert completions lint status why upgrade stop help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
