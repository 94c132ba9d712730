# A second Docker Engine of another version beside the machine's own, for the contract suite: Debian trixie's packages,
# unpacked and never installed, in a network, mount and UTS namespace of their own, with data, socket and pid file apart.

OTHER_DOCKER=$GANTRY_CACHE/docker-trixie
OTHER_PACKAGES=(docker.io containerd tini)
OTHER_SPACE=gantry-docker
OTHER_LINK=gantry-docker
# Host and engine speak over the first range; the second is for the engine's networks.
OTHER_NEAR=10.213.0.1 OTHER_FAR=10.213.0.2
OTHER_NETWORKS=10.214.0.0/16 OTHER_POOL=10.214.0.0/17 OTHER_BRIDGE=10.214.255.1/24
# What the suite builds on.
OTHER_BASES=(gantry/node gantry/debian)

# Downloads by apt with lists of its own, so that the machine's are not touched, and unpacks.
fetch_other_docker() {
  local work=$OTHER_DOCKER.tmp.$$ options=() setting
  [[ -d $OTHER_DOCKER/root ]] && return
  mkdir -p -- "$work"/{lists/partial,cache/archives/partial,sources,root}
  : >"$work/status"
  printf 'Types: deb\nURIs: http://deb.debian.org/debian\nSuites: trixie\nComponents: main\nSigned-By: %s\n' \
    /usr/share/keyrings/debian-archive-keyring.gpg >"$work/sources/trixie.sources"
  for setting in Dir::Etc::sourcelist=/dev/null "Dir::Etc::sourceparts=$work/sources" "Dir::State=$work" \
    "Dir::State::lists=$work/lists" "Dir::State::status=$work/status" "Dir::Cache=$work/cache"; do
    options+=(-o "$setting")
  done
  apt-get "${options[@]}" update
  (cd -- "$work" && apt-get "${options[@]}" download "${OTHER_PACKAGES[@]}")
  for setting in "$work"/*.deb; do dpkg-deb -x "$setting" "$work/root"; done
  rm -rf -- "${work:?}"/*.deb "$work"/{lists,cache,sources,status}
  mv -T -- "$work" "$OTHER_DOCKER"
}

# The engine's network namespace, joined to the machine by one pair of interfaces. Nothing is translated or published:
# the suite reaches containers by their addresses.
open_other_space() {
  ip netns add "$OTHER_SPACE"
  ip link add "$OTHER_LINK" type veth peer name eth0 netns "$OTHER_SPACE"
  ip address add "$OTHER_NEAR/30" dev "$OTHER_LINK"
  ip link set "$OTHER_LINK" up
  ip -n "$OTHER_SPACE" address add "$OTHER_FAR/30" dev eth0
  ip -n "$OTHER_SPACE" link set eth0 up
  ip -n "$OTHER_SPACE" link set lo up
  ip -n "$OTHER_SPACE" route add default via "$OTHER_NEAR"
  nsenter "--net=/run/netns/$OTHER_SPACE" sysctl -qw net.ipv4.ip_forward=1
  ip route add "$OTHER_NETWORKS" via "$OTHER_FAR"
}

# Starts the engine and gives it the bases. out: OTHER_PID
start_other_docker() {
  local deadline=$((SECONDS + 30)) run=$OTHER_DOCKER/run
  ((EUID == 0)) || fail "a second Docker Engine needs root, for its namespaces"
  run_steps "Docker of Debian trixie" fetch_other_docker "make Debian's packages reachable, then run this again"
  stop_other_docker
  mkdir -p -- "$run"
  open_other_space
  # Not by "ip netns exec": that would hide the control groups.
  PATH=$OTHER_DOCKER/root/usr/sbin:$OTHER_DOCKER/root/usr/bin:$PATH setsid nsenter "--net=/run/netns/$OTHER_SPACE" \
    unshare --mount --uts dockerd --data-root "$OTHER_DOCKER/data" --exec-root "$run/exec" --pidfile "$run/docker.pid" \
    --host "unix://$run/docker.sock" --iptables=false --ip6tables=false --bip "$OTHER_BRIDGE" \
    --default-address-pool "base=$OTHER_POOL,size=24" >"$LOGS/other-docker.log" 2>&1 </dev/null &
  OTHER_PID=$!
  until DOCKER_HOST=unix://$run/docker.sock docker version >/dev/null 2>&1; do
    if ((SECONDS > deadline)); then
      stop_other_docker
      fail "the second Docker Engine did not answer within 30 s: $LOGS/other-docker.log"
    fi
    sleep 0.3
  done
  docker save "${OTHER_BASES[@]}" | DOCKER_HOST=unix://$run/docker.sock docker load >/dev/null
  export DOCKER_HOST=unix://$run/docker.sock
  say "a second Docker Engine: $(docker version --format '{{.Server.Version}}, API {{.Server.APIVersion}}')"
}

# Ends it and removes all but the unpacked packages. Safe to repeat, and after a start that was cut off.
stop_other_docker() {
  local run=$OTHER_DOCKER/run pid
  pid=$(cat -- "$run/docker.pid" 2>/dev/null || true)
  if [[ -n $pid && $(cat "/proc/$pid/comm" 2>/dev/null) == dockerd ]]; then
    kill "$pid"
    while [[ -e /proc/$pid ]] && ! grep -qs '^State:.Z' "/proc/$pid/status"; do sleep 0.1; done
  fi
  ip link delete "$OTHER_LINK" 2>/dev/null || true
  ip netns delete "$OTHER_SPACE" 2>/dev/null || true
  rm -rf -- "$run" "$OTHER_DOCKER/data"
}
