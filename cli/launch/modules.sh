# The packages of package-lock.json, in the cache, so that a clean checkout does not fetch and compile them again.

# The cache's key of this lock file on this Node: 16 hexadecimal digits.
modules_key() {
  { cat -- "$ROOT/package-lock.json" && printf '%s %s' "$NODE_ABI" "$NODE_ARCH"; } | sha256sum | cut -c 1-16
}

# True when the checkout has a real node_modules folder: a developer's own, which is used and left as it is.
has_own_modules() {
  [[ -d $ROOT/node_modules && ! -L $ROOT/node_modules ]]
}

# The folder in the cache that belongs to this checkout; out: MODULES
find_modules() {
  MODULES=$GANTRY_CACHE/modules/$(modules_key)
}

has_modules() {
  has_own_modules || [[ -d $MODULES/node_modules ]]
}

# Fetches the packages beside their place, then moves them there in one step. `npm install` keeps to the lock file, too;
# `npm ci` would refuse one that was written where the packages of other operating systems cannot be seen.
install_modules() {
  local work=$MODULES.tmp.$$
  rm -rf -- "$work"
  mkdir -p -- "$work"
  cp -- "$ROOT/package.json" "$ROOT/package-lock.json" "$work/"
  if [[ -f $ROOT/.npmrc ]]; then cp -- "$ROOT/.npmrc" "$work/"; fi
  (
    cd -- "$work"
    export PATH=$NODE_DIR/bin:$PATH
    trust_machine
    "$NODE" "$NPM" install --ignore-scripts --include=dev --prefer-offline --no-audit --no-fund --loglevel=http \
      --fetch-retries=2 --fetch-retry-mintimeout=1000 --fetch-retry-maxtimeout=5000
  )
  mv -T -- "$work" "$MODULES" 2>/dev/null || [[ -d $MODULES/node_modules ]]
  rm -rf -- "$work"
}

# Makes the checkout's node_modules a link into the cache; atomic, since others may be reading it.
link_modules() {
  if has_own_modules || [[ $(readlink -- "$ROOT/node_modules") == "$MODULES/node_modules" ]]; then return; fi
  ln -s -- "$MODULES/node_modules" "$ROOT/node_modules.tmp.$$"
  mv -T -- "$ROOT/node_modules.tmp.$$" "$ROOT/node_modules"
}
