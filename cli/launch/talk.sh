# What the launcher says. Everything goes to stderr: stdout belongs to the command (and to `eval "$(./gantry env)"`).

# One line for people.
say() {
  printf '%s\n' "$*" >&2
}

# Ends with one sentence that names the thing, the reason and the command that mends it.
fail() {
  printf 'gantry: %s\n' "$*" >&2
  exit 1
}

# Where the steps of this launch write; each step has a file of its own.
LOGS=$GANTRY_CACHE/logs

# A file name for the log of the named step of this process.
log_of() {
  printf '%s/%s-%s.log' "$LOGS" "$1" "$$"
}

# Makes the cache's folders, and forgets logs that are older than a week.
open_cache() {
  mkdir -p "$LOGS" "$GANTRY_CACHE/modules" "$GANTRY_CACHE/locks" 2>/dev/null && [[ -w $GANTRY_CACHE ]] ||
    fail "the cache $GANTRY_CACHE cannot be written; name another folder: GANTRY_CACHE=/some/folder ./gantry"
  find "$LOGS" -name '*.log' -mtime +7 -delete 2>/dev/null || true
}

# The end of a log in one short line, without colours or carriage returns: what a heartbeat shows.
last_words() {
  [[ -f $1 ]] || return 0
  tail -c 2000 -- "$1" | tr '\r' '\n' | sed -e 's/\x1b\[[0-9;?]*[A-Za-z]//g' -e 's/[[:cntrl:]]//g' |
    grep -aEv '^[[:space:]]*([0-9]*[[:space:]]*\||$)' | tail -n 1 | cut -c 1-"${2:-90}" || true
}
