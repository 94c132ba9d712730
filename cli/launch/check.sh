# `./gantry check`: types, form, promises, rooms; side by side, each with its seconds.

check_types() { in_checkout typescript/bin/tsc --noEmit -p tsconfig.json; }
check_form() { in_checkout @biomejs/biome/bin/biome check --error-on-warnings --max-diagnostics=50; }
check_promises() { in_checkout eslint/bin/eslint.js .; }
check_rooms() {
  local entries=("${ROOMS[@]}" test)
  [[ -f $ROOT/settings.ts ]] && entries+=(settings.ts)
  in_checkout dependency-cruiser/bin/dependency-cruiser.mjs --config .dependency-cruiser.cjs "${entries[@]}"
}

# Runs a tool of node_modules from the checkout's root.
in_checkout() {
  cd -- "$ROOT"
  local tool=node_modules/$1
  shift
  PATH=$NODE_DIR/bin:$PATH "$NODE" "$tool" "$@"
}

# A check has no sentence that mends it: everything it said is shown instead.
check_all() {
  prepare tools without-docker
  local begun=$SECONDS
  run_steps "types (tsc)" check_types "" "form (biome)" check_form "" \
    "promises (eslint)" check_promises "" "rooms and cycles (dependency-cruiser)" check_rooms ""
  say "check: all green in $((SECONDS - begun)) s"
}
