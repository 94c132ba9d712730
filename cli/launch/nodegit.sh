# nodegit's compiled binary: made once per version, Node ABI and architecture, kept in the cache, copied where it is used.

NODEGIT_PACKAGES=(build-essential python3 libkrb5-dev libssl-dev libpcre3-dev libssh2-1-dev libcurl4-openssl-dev)

# The version that the lock file pins.
nodegit_version() {
  grep -A 1 '"node_modules/nodegit": {' "$ROOT/package-lock.json" | sed -n 's/.*"version": "\(.*\)".*/\1/p'
}

# out: NODEGIT, the folder in the cache
find_nodegit() {
  NODEGIT=$GANTRY_CACHE/nodegit-$(nodegit_version)-abi$NODE_ABI-$NODE_ARCH
}

# Where the checkout's modules look for the binary.
nodegit_place() {
  if has_own_modules; then printf '%s' "$ROOT/node_modules"; else printf '%s' "$MODULES/node_modules"; fi
  printf '/nodegit/build/Release/nodegit.node'
}

has_nodegit() {
  [[ -f $NODEGIT/nodegit.node ]]
}

# Compiles in a copy, so that nobody meets a half-made binary; one compile at a time on this machine.
compile_nodegit() {
  local lock work=$NODEGIT.tmp.$$ modules=$ROOT/node_modules
  exec {lock}>"$GANTRY_CACHE/locks/nodegit.lock"
  flock "$lock"
  if has_nodegit; then return; fi
  rm -rf -- "$work"
  mkdir -p -- "$work/work"
  # The copy finds node-gyp and nan where the original would: in a node_modules above it.
  ln -s -- "$(readlink -f -- "$modules")" "$work/node_modules"
  cp -R -- "$modules/nodegit" "$work/work/nodegit"
  rm -rf -- "$work/work/nodegit/build"
  (
    cd -- "$work/work/nodegit"
    export PATH=$NODE_DIR/bin:$PATH npm_config_nodedir=$NODE_DIR JOBS=max BUILD_ONLY=true
    "$NODE" lifecycleScripts/preinstall
    "$NODE" lifecycleScripts/install
  )
  keep_nodegit "$work/work/nodegit/build/Release/nodegit.node"
  rm -rf -- "$work"
}

# Puts a compiled binary into the cache.
keep_nodegit() {
  mkdir -p -- "$NODEGIT"
  cp -- "$1" "$NODEGIT/nodegit.node.tmp.$$"
  mv -- "$NODEGIT/nodegit.node.tmp.$$" "$NODEGIT/nodegit.node"
}

# Adopts the binary of a developer's own node_modules when it loads, which spares a compile.
adopt_nodegit() {
  if has_nodegit || ! has_own_modules || [[ ! -f $(nodegit_place) ]]; then return; fi
  if (cd -- "$ROOT" && "$NODE" -e 'require("nodegit")' 2>/dev/null); then keep_nodegit "$(nodegit_place)"; fi
}

# Copies the binary into the modules, unless the same bytes are there already.
place_nodegit() {
  local place
  place=$(nodegit_place)
  if cmp -s -- "$NODEGIT/nodegit.node" "$place"; then return; fi
  mkdir -p -- "${place%/*}"
  cp -- "$NODEGIT/nodegit.node" "$place.tmp.$$"
  mv -- "$place.tmp.$$" "$place"
}
