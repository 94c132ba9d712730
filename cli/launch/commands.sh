# The launcher's own commands, and the way to all others.

main() {
  local command=${1:-help}
  case $command in
    env) print_environment ;;
    build) prepare "$([[ ${2:-} == --complete ]] && echo world || echo program)" without-docker ;;
    check) shift; source "$ROOT/cli/launch/check.sh"; check_all "$@" ;;
    test) shift; source "$ROOT/cli/launch/test.sh"; run_tests "$@" ;;
    bench) shift; source "$ROOT/cli/launch/bench.sh"; run_bench "$@" ;;
    help | --help | -h | --version) answer_help "$@" ;;
    image) shift; source "$ROOT/cli/launch/image.sh"; build_image "$@" ;;
    up | demo | upgrade) if asks_help "$@"; then answer_help "$@"; else start_world "$@"; fi ;;
    *) prepare program without-docker; become_gantry "$@" ;;
  esac
}

asks_help() {
  local word
  for word in "$@"; do
    case $word in --help | -h) return 0 ;; esac
  done
  return 1
}

# What `up`, `demo` and `upgrade` need; without any Docker they start all the same, and say themselves what that leaves out.
start_world() {
  prepare world with-docker
  if [[ $DOCKER != answers ]]; then say "gantry: going on without Docker, since $(docker_mend)"; fi
  become_gantry "$@"
}

# Prints what a shell should evaluate, and nothing else, on stdout.
print_environment() {
  prepare tools without-docker
  has_nodegit || say "nodegit is not compiled yet; ./gantry test, up or demo does it."
  place_cached_nodegit
  local folders=$NODE_DIR/bin:$ROOT/node_modules/.bin
  find_npm
  if [[ $NPM == "$OUR_NPM"/* ]]; then folders=$folders:$OUR_NPM/bin; fi
  printf 'export PATH=%q:"$PATH"\n' "$folders"
  printf 'export npm_config_nodedir=%q\n' "$NODE_DIR"
}

place_cached_nodegit() {
  if has_nodegit; then place_nodegit; fi
}

# Help comes from the command line itself; a machine that cannot run it yet gets the few lines that matter,
# and what would be installed. Asking for help installs nothing.
answer_help() {
  if is_ready; then become_gantry "$@"; fi
  find_node
  find_npm
  find_modules
  if [[ -x $NODE ]] && has_modules; then
    prepare program without-docker
    become_gantry "$@"
  fi
  cat <<'TEXT'
Gantry: from git push to production, and back.

  ./gantry demo [--check]   tell the whole story with two fixture apps
  ./gantry up               start Gantry here          ./gantry down      stop it
  ./gantry test | check     run the suite | types, lint and rooms
  ./gantry bench NAME       measure                    ./gantry doctor    what this machine lacks
  eval "$(./gantry env)"    the same Node and tools in your shell

Nothing is installed yet; each command prints what it will install before it does.
TEXT
  # In a subshell, since a plan that cannot be carried out ends with its reason: that is worth reading, too.
  (make_plan world with-docker && print_plan) || true
}
