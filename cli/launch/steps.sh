# Slow things, one or several at a time: a log each, a sign of life every few seconds, and a mend when one fails.

STEP_PIDS=()

# Ends what this launch started, whole process groups, and removes what it had half made.
stop_steps() {
  local pid
  for pid in "${STEP_PIDS[@]}"; do
    kill -TERM -- "-$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  done
  STEP_PIDS=()
  rm -rf -- "$GANTRY_CACHE"/*.tmp."$$" "$GANTRY_CACHE"/modules/*.tmp."$$" "$ROOT"/node_modules.tmp."$$"
}

# Starts a function in the background, in a process group of its own (so that it can be ended with its children).
# in: the function, its log file; out: $! as STARTED
start_step() {
  local work=$1 log=$2
  set -m
  (
    trap - INT TERM EXIT
    set -e
    "$work"
  ) >"$log" 2>&1 </dev/null &
  STARTED=$!
  set +m
  STEP_PIDS+=("$STARTED")
}

# Writes a heartbeat: over the same line on a terminal, on a line of its own in a pipe.
beat() {
  local name=$1 seconds=$2 log=$3
  if [[ -t 2 ]]; then
    printf '\r\033[K  ... %s, %s s  %s' "$name" "$seconds" "$(last_words "$log" 70)" >&2
  else
    printf '  ... %s, %s s  %s\n' "$name" "$seconds" "$(last_words "$log" 90)" >&2
  fi
}

# Ends the line that heartbeats were written on.
end_beats() {
  if [[ -t 2 ]]; then printf '\r\033[K' >&2; fi
}

# Runs steps side by side and waits for all of them.
# in: for each step three arguments: its name for people, the function that does it, the sentence that mends it
# out: returns when all went well; else shows the last lines and the mend of each that failed, and exits with 1
run_steps() {
  local names=() works=() mends=() pids=() failed=0 begun=$SECONDS begun_at=$EPOCHREALTIME
  trap stop_steps EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  while (($# > 0)); do
    start_step "$2" "$(log_of "$2")"
    names+=("$1") works+=("$2") mends+=("$3") pids+=("$STARTED")
    shift 3
  done
  await_steps
  STEP_PIDS=()
  ((failed == 0)) || exit 1
}

# The waiting of run_steps, whose arrays it uses: looks often at first, since many steps take a moment only.
await_steps() {
  local left=${#pids[@]} pause=0.02 next_beat=$((SECONDS + 4)) i
  [[ -t 2 ]] && next_beat=$((SECONDS + 1))
  while ((left > 0)); do
    for i in "${!pids[@]}"; do
      if ! kill -0 "${pids[i]}" 2>/dev/null; then
        end_step "$i"
        unset "pids[$i]"
        left=$((left - 1))
      fi
    done
    ((left > 0)) || break
    if ((SECONDS >= next_beat)); then
      beat_all
      if [[ -t 2 ]]; then next_beat=$((SECONDS + 1)); else next_beat=$((SECONDS + 4)); fi
    fi
    sleep "$pause"
    if ((SECONDS > begun)); then pause=0.2; fi
  done
}

# A heartbeat of each running step; a terminal's one line shows them in turn.
beat_all() {
  local running=("${!pids[@]}") i
  if [[ -t 2 ]]; then running=("${running[SECONDS % ${#running[@]}]}"); fi
  for i in "${running[@]}"; do
    beat "${names[i]}" $((SECONDS - begun)) "$(log_of "${works[i]}")"
  done
}

# Tells how one step of run_steps ended: the end of its log and the mend, or the whole log where there is no mend.
end_step() {
  local i=$1 log status=0
  log=$(log_of "${works[i]}")
  wait "${pids[i]}" || status=$?
  end_beats
  if ((status == 0)); then
    say "  ok  ${names[i]}, $(seconds_since "$begun_at") s"
    return
  fi
  failed=1
  say "  no  ${names[i]}, $(seconds_since "$begun_at") s:"
  if [[ -z ${mends[i]} ]]; then
    sed 's/^/      /' -- "$log" >&2
    return
  fi
  tail -n 20 -- "$log" | sed 's/^/      /' >&2
  say "gantry: ${names[i]} failed (status $status, all of it in $log); mend it: ${mends[i]}"
}

# Seconds since a moment of EPOCHREALTIME, with one decimal.
seconds_since() {
  local tenths=$(((${EPOCHREALTIME/[.,]/} - ${1/[.,]/}) / 100000))
  printf '%d.%d' $((tenths / 10)) $((tenths % 10))
}
