# `./gantry test [mocha arguments] [--without-docker]`: what the tests need, then the suite.

# out: MOCHA_ARGUMENTS, TEST_DOCKER (with-docker or without-docker)
read_test_arguments() {
  MOCHA_ARGUMENTS=() TEST_DOCKER=with-docker
  local word
  for word in "$@"; do
    if [[ $word == --without-docker ]]; then TEST_DOCKER=without-docker; else MOCHA_ARGUMENTS+=("$word"); fi
  done
  if [[ -n ${CI:-} ]]; then MOCHA_ARGUMENTS+=(--forbid-only); fi
}

# The last line is always the counts, also when mocha ended before it could count.
run_tests() {
  read_test_arguments "$@"
  WANT_BROWSER=1
  prepare world "$TEST_DOCKER"
  if [[ $TEST_DOCKER == with-docker && $DOCKER != answers ]]; then
    fail "the tests need Docker, and $(docker_mend) (or leave those tests out: ./gantry test --without-docker)"
  fi
  local status=0
  COUNTED=$(mktemp)
  trap 'stop_steps; rm -f -- "$COUNTED"' EXIT
  cd -- "$ROOT"
  export PATH="$NODE_DIR/bin:$PATH" TS_NODE_TRANSPILE_ONLY=true GANTRY_TEST_COUNTED=$COUNTED
  export GANTRY_TEST_DOCKER=0
  if [[ $TEST_DOCKER == with-docker ]]; then GANTRY_TEST_DOCKER=1; fi
  "$NODE" node_modules/mocha/bin/mocha.js "${MOCHA_ARGUMENTS[@]}" || status=$?
  if [[ ! -s $COUNTED ]]; then
    say "gantry: mocha ended (status $status) before it could count; its own words are above"
    echo "0 passed, 1 failed, 0 skipped"
    exit 1
  fi
  ((status == 0)) || exit 1
}
