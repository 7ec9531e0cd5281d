# Waits until a command succeeds, 25 s at most; says which one never did.
await() {
  for round in $(seq 500); do "$@" > /dev/null 2>&1 && return; sleep 0.05; done
  echo "never: $*"; return 1
}
# Whether what a command prints has a pattern in it.
has() { $1 2> /dev/null | grep -q -- "$2"; }
has_not() { ! has "$@"; }
# Whether that many lines of what a command prints have a pattern in them.
has_lines() { [ "$($2 2> /dev/null | grep -c -- "$3")" -ge "$1" ]; }
