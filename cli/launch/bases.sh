# The base images (fixtures/bases): Gantry builds them itself; it knows which are there and which recipe changed.

# True when some base image seems to be missing: for the plan's table only, `bases build` looks for itself.
lacks_bases() {
  local base
  type -P docker >/dev/null && [[ $DOCKER == answers ]] || return 0
  for base in debian tomcat maven node gateway; do
    DOCKER_HOST=$DOCKER_ADDRESS docker image inspect "gantry/$base" >/dev/null 2>&1 || return 0
  done
  return 1
}

# The builder has a main of its own, which loads nothing of nodegit: that may be compiling at the same time.
build_bases() {
  cd -- "$ROOT"
  export PATH="$NODE_DIR/bin:$PATH"
  trust_machine
  if [[ -n $NPM ]]; then export GANTRY_NPM_CLI=$NPM; fi
  "$NODE" "$DIST/runners/main.js" bases build
}
