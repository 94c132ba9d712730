# dist/: the compiled program, made again when a source is newer than it is.

DIST=$ROOT/dist
BUILT=$DIST/.built
NODES=$DIST/.nodes
ROOMS=(engine runners web pipelines cli outgoing bench)

# True when no source, asset or setting of the compiler changed since the last build (a removed file touches its folder).
is_built() {
  [[ -f $BUILT ]] || return 1
  local newer
  newer=$(cd -- "$ROOT" && find "${ROOMS[@]}" ./*.ts package.json package-lock.json tsconfig.json tsconfig.build.json \
    -newer "$BUILT" -print -quit 2>/dev/null) || true
  [[ -z $newer ]]
}

# True when an earlier launch decided about the Node that this shell's PATH names, and the decision still holds, and the
# modules and dist/ are there and fresh. It starts no Node: that alone would take longer than all of this.
# out: NODE, NODE_DIR
is_ready() {
  [[ -f $ROOT/node_modules/.package-lock.json ]] && recall_node && is_built
}

# The decision, remembered per path of the machine's Node, since people's shells differ.
recall_node() {
  local found asked node folder
  found=$(type -P node || true)
  [[ -f $NODES ]] || return 1
  while IFS='|' read -r asked node folder; do
    if [[ $asked == "$found" && -x $node && ! $node -nt $NODES ]]; then
      NODE=$node NODE_DIR=$folder
      return
    fi
  done <"$NODES"
  return 1
}

remember_node() {
  local found
  found=$(type -P node || true)
  mkdir -p -- "$DIST"
  {
    printf '%s|%s|%s\n' "$found" "$NODE" "$NODE_DIR"
    if [[ -f $NODES ]]; then awk -F "|" -v found="$found" '$1 != found' "$NODES"; fi
  } >"$NODES.tmp.$$"
  mv -- "$NODES.tmp.$$" "$NODES"
}

# Compiles; one at a time per checkout, and only if whoever held the lock before did not do it already.
build_dist() {
  local lock
  mkdir -p -- "$DIST"
  exec {lock}>"$DIST/.lock"
  flock "$lock"
  if ! is_built; then compile; fi
  exec {lock}>&-
}

# The compile itself. The stamp bears the time of its beginning: what is saved meanwhile is compiled next time.
compile() {
  cd -- "$ROOT"
  : >"$BUILT.tmp"
  "$NODE" node_modules/typescript/bin/tsc -p tsconfig.build.json --incremental --tsBuildInfoFile dist/.tsbuildinfo
  copy_assets
  remove_strays
  # Compiled files find fixtures by the same relative path as their sources do.
  ln -sfn ../fixtures dist/fixtures
  mv -- "$BUILT.tmp" "$BUILT"
}

# Templates, styles, client scripts and catalog texts lie beside the code that reads them.
copy_assets() {
  find "${ROOMS[@]}" -type f ! -name '*.ts' ! -name '*.md' ! -name '*.sh' -exec cp -u --parents -t dist -- {} + 2>/dev/null || true
}

# Removes compiled files whose source is gone.
remove_strays() {
  local made source
  while IFS= read -r made; do
    source=${made#dist/}
    if [[ ! -f ${source%.js}.ts && ! -f $source ]]; then rm -f -- "$made" "$made.map"; fi
  done < <(find dist -name '*.js')
}

# Leaves bash: from here on the process is Gantry's command line.
become_gantry() {
  export PATH="$NODE_DIR/bin:$PATH"
  exec "$NODE" "$DIST/cli/main.js" "$@"
}
