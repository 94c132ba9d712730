# `./gantry bench [NAME] [--json]`: without a name, the list of what can be measured.

run_bench() {
  local name=${1:-}
  if [[ -z $name || $name == --help || $name == -h ]]; then
    prepare program without-docker
    list_benches
    return
  fi
  if [[ ! -f $ROOT/bench/$name.ts ]]; then
    fail "there is no bench called '$name'; ./gantry bench lists them"
  fi
  shift
  prepare world with-docker
  if [[ $DOCKER != answers ]]; then say "gantry: going on without Docker, since $(docker_mend)"; fi
  export PATH="$NODE_DIR/bin:$PATH"
  exec "$NODE" "$DIST/bench/$name.js" "$@"
}

# Each bench with the first line of its docstring.
list_benches() {
  local file name
  for file in "$ROOT"/bench/*.ts; do
    [[ -f $file ]] || continue
    name=${file##*/}
    printf '%-12s %s\n' "${name%.ts}" "$(first_sentence "$file")"
  done
}

first_sentence() {
  sed -n -e 's#^/\*\* *##' -e 's#^ \* *##' -e 's# *\*/$##' -e '/^[A-Z]/{p;q}' -- "$1"
}
