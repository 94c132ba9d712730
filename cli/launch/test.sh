# `./gantry test [mocha arguments] [--part K/N] [--without-docker] [--node MAJOR [--uncompiled]] [--docker trixie]
# [--database postgres]`: what the tests need, then the suite. `--part 1/2` runs about one half of its files, `--part 2/2`
# the others. `--node 22` runs it on that Node; with `--uncompiled` nodegit is not compiled for it, for tests that need
# none. `--docker trixie` runs Docker's contract suite on a newer Engine; `--database postgres` runs what works on the
# engine's records on PostgreSQL instead of SQLite.

# out: MOCHA_ARGUMENTS, TEST_DOCKER (with-docker or without-docker), TEST_PART, OTHER_NODE, OTHER_ENGINE, OTHER_DATABASE
# and UNCOMPILED (empty when not wanted)
read_test_arguments() {
  MOCHA_ARGUMENTS=() TEST_DOCKER=with-docker TEST_PART='' OTHER_NODE='' OTHER_ENGINE='' OTHER_DATABASE='' UNCOMPILED=''
  while (($# > 0)); do
    case $1 in
      --without-docker) TEST_DOCKER=without-docker ;;
      --part) TEST_PART=${2:-} && shift && take_part ;;
      --uncompiled) UNCOMPILED=yes ;;
      --node) OTHER_NODE=${2:-} && shift ;;
      --docker) OTHER_ENGINE=${2:-} && shift ;;
      --database) OTHER_DATABASE=${2:-} && shift ;;
      *) MOCHA_ARGUMENTS+=("$1") ;;
    esac
    shift
  done
  if [[ -n ${CI:-} ]]; then MOCHA_ARGUMENTS+=(--forbid-only); fi
  if [[ -n $OTHER_ENGINE && $OTHER_ENGINE != trixie ]]; then
    fail "there is no Docker Engine '$OTHER_ENGINE' to test on; known: trixie"
  fi
  if [[ -n $OTHER_DATABASE && $OTHER_DATABASE != postgres ]]; then
    fail "there is no database '$OTHER_DATABASE' to test on besides SQLite; known: postgres"
  fi
  # Each statement goes to another process there and back.
  if [[ -n $OTHER_DATABASE ]]; then MOCHA_ARGUMENTS+=(--timeout 30000); fi
}

# The files of TEST_PART, as if each had been named. in: the checkout's tests; out: MOCHA_ARGUMENTS
take_part() {
  source "$ROOT/cli/launch/parts.sh"
  demand_part "$TEST_PART"
  local files
  mapfile -t files < <(cd -- "$ROOT" && find test -name '*.test.ts' | files_of_part "$TEST_PART" test/seconds.txt)
  MOCHA_ARGUMENTS+=("${files[@]}")
}

# Another Node or another Docker, for this run alone.
take_others() {
  if [[ -n $OTHER_NODE ]]; then
    source "$ROOT/cli/launch/other-node.sh"
    use_other_node "$OTHER_NODE"
    if [[ -z $UNCOMPILED ]]; then bring_other_nodegit; fi
  fi
  if [[ -n $OTHER_ENGINE ]]; then
    source "$ROOT/cli/launch/other-docker.sh"
    trap stop_tests EXIT
    start_other_docker
    MOCHA_ARGUMENTS+=(test/runners/docker/{cluster,builder}.docker.test.ts test/runners/docker/parts.test.ts)
  fi
}

stop_tests() {
  stop_steps
  if [[ -n $OTHER_ENGINE ]]; then stop_other_docker; fi
  if [[ -n ${COUNTED:-} ]]; then rm -f -- "$COUNTED"; fi
}

# The last line is always the counts, also when mocha ended before it could count.
run_tests() {
  read_test_arguments "$@"
  WANT_BROWSER=1
  prepare world "$TEST_DOCKER"
  if [[ $TEST_DOCKER == with-docker && $DOCKER != answers ]]; then
    fail "the tests need Docker, and $(docker_mend) (or leave those tests out: ./gantry test --without-docker)"
  fi
  take_others
  local status=0
  COUNTED=$(mktemp)
  trap stop_tests EXIT
  cd -- "$ROOT"
  export PATH="$NODE_DIR/bin:$PATH" TS_NODE_TRANSPILE_ONLY=true GANTRY_TEST_COUNTED=$COUNTED
  export GANTRY_TEST_DOCKER=0 GANTRY_TEST_DATABASE=${OTHER_DATABASE:-sqlite}
  if [[ $TEST_DOCKER == with-docker ]]; then GANTRY_TEST_DOCKER=1; fi
  "$NODE" node_modules/mocha/bin/mocha.js "${MOCHA_ARGUMENTS[@]}" || status=$?
  if [[ ! -s $COUNTED ]]; then
    say "gantry: mocha ended (status $status) before it could count; its own words are above"
    echo "0 passed, 1 failed, 0 skipped"
    exit 1
  fi
  ((status == 0)) || exit 1
}
