# bash completion of nginx-stream-rs
_nginx_stream_rs() {
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}
    case $before in
        -s) mapfile -t COMPREPLY < <(compgen -W "stop quit reopen reload" -- "$word") ;;
        -c | -e) mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
        -p) mapfile -t COMPREPLY < <(compgen -d -- "$word") ;;
        *) mapfile -t COMPREPLY < <(compgen -W "-? -h -v -V -t -T -q -s -p -e -c -g" -- "$word") ;;
    esac
}
complete -F _nginx_stream_rs nginx-stream-rs
