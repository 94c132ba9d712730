# From "what is missing" to "it is there": the plan is printed before the first change, then carried out.

PLAN=()

# Adds a row. in: item, why, size, about how long, from where
plan() {
  PLAN+=("$1"$'\t'"$2"$'\t'"$3"$'\t'"$4"$'\t'"$5")
}

# Prints the rows as a table, if there are any.
print_plan() {
  local row
  ((${#PLAN[@]} > 0)) || return 0
  say "Before it can run, Gantry will install (cache: $GANTRY_CACHE):"
  {
    printf 'ITEM\tWHY\tSIZE\tTIME\tFROM\n'
    for row in "${PLAN[@]}"; do printf '%s\n' "$row"; done
  } | awk -F '\t' '{ for (i = 1; i <= 5; i++) { cell[NR, i] = $i; if (length($i) > wide[i]) wide[i] = length($i) } }
    END { for (r = 1; r <= NR; r++) { line = " "; for (i = 1; i <= 5; i++) line = line sprintf(" %-*s", wide[i] + 1, cell[r, i])
      sub(/ +$/, "", line); print line } }' >&2
  if ((${#PACKAGES[@]} > 0)); then say "  From apt: ${PACKAGES[*]}"; fi
}

# Looks at the machine and fills PLAN and PACKAGES; changes nothing.
# in: purpose: tools (Node and modules), program (also dist) or world (also nodegit, Redis, Docker, bases);
#     with-docker or without-docker
make_plan() {
  find_node
  find_npm
  find_modules
  find_nodegit
  if [[ $1 == world ]]; then plan_world "$2"; fi
  if [[ ! -x $NODE ]]; then
    want_downloader
    plan "Node $OUR_NODE_VERSION" "runs everything" "190 MB" "15 s" "npm: node-linux-$NODE_ARCH"
  fi
  if ! has_modules; then
    if [[ -z $NPM ]]; then
      want_downloader
      plan "npm $OUR_NPM_VERSION" "fetches the modules" "15 MB" "5 s" "npm"
    fi
    plan "modules" "libraries, compiler, test tools" "420 MB" "30 s" "npm: package-lock.json"
  fi
  check_packages
  plan_packages
}

plan_world() {
  find_docker
  if [[ -x $NODE ]]; then adopt_nodegit; fi
  want_tools "$1"
  if ! has_nodegit; then
    want_compiler
    plan "nodegit $(nodegit_version)" "reads Git; compiled once" "7 MB" "4 min" "npm sources, this machine's compiler"
  fi
  if [[ $1 == without-docker ]]; then return; fi
  if can_start_docker; then plan "dockerd" "runs containers; started now" "-" "3 s" "this machine"; fi
  if [[ $DOCKER == answers || $DOCKER == missing ]] || can_start_docker; then
    if lacks_bases; then plan "base images gantry/*" "apps run and build in them" "2 GB" "5 min" "Debian packages"; fi
  fi
}

# One row per Debian package, the compiler's together.
plan_packages() {
  local package compiler=()
  for package in "${PACKAGES[@]}"; do
    case $package in
      git) plan git "takes pushes" "45 MB" "10 s" "apt" ;;
      redis-server) plan redis-server "the queue; Gantry runs its own" "5 MB" "5 s" "apt" ;;
      docker.io) plan docker.io "runs the apps" "280 MB" "30 s" "apt" ;;
      mmdebstrap) plan mmdebstrap "makes the first base image" "1 MB" "5 s" "apt" ;;
      chromium) plan chromium "the pages are tested in it" "400 MB" "30 s" "apt" ;;
      fonts-dejavu-core) plan fonts-dejavu-core "letters for it" "3 MB" "2 s" "apt" ;;
      openssl) plan openssl "makes certificates: gantry up --tls own" "2 MB" "3 s" "apt" ;;
      zsh | fish) plan "$package" "completion is tested in it" "20 MB" "5 s" "apt" ;;
      openssh-server) plan openssh-server "sources over SSH are tested with it" "2 MB" "5 s" "apt" ;;
      strace) plan strace "what git starts is tested with it" "2 MB" "3 s" "apt" ;;
      ffuf | hydra | sqlmap) plan "$package" "attacks are tried with it" "20 MB" "5 s" "apt" ;;
      libgssapi-krb5-2) plan libgssapi-krb5-2 "nodegit needs it" "1 MB" "2 s" "apt" ;;
      curl | ca-certificates) plan "$package" "downloads Node" "2 MB" "3 s" "apt" ;;
      *) compiler+=("$package") ;;
    esac
  done
  ((${#compiler[@]} > 0)) || return 0
  plan "compiler and headers" "compile nodegit" "350 MB" "60 s" "apt"
}

# Carries the plan out. in: as make_plan
carry_out() {
  local mend="read its log, mend the cause, and run the same command again"
  if ((${#PACKAGES[@]} > 0)); then
    run_steps "packages from apt" install_packages "$(install_command "${PACKAGES[@]}")"
  fi
  if [[ ! -x $NODE ]]; then
    run_steps "Node $OUR_NODE_VERSION" install_node \
      "make npm's registry reachable (npm_config_registry=https://your.mirror/ names a mirror), and run this again"
  fi
  if ! has_modules; then
    if [[ -z $NPM ]]; then
      run_steps "npm $OUR_NPM_VERSION" install_npm \
        "make npm's registry reachable (npm_config_registry=https://your.mirror/ names a mirror), and run this again"
      find_npm
    fi
    run_steps modules install_modules \
      "make npm's registry reachable (npm_config_registry=https://your.mirror/ names a mirror), and run this again"
  fi
  link_modules
  if [[ $1 != tools ]]; then remember_node; fi
  if [[ $1 != tools ]] && ! is_built; then
    run_steps "compile Gantry" build_dist "mend the source that the compiler names, then ./gantry build"
  fi
  if [[ $1 == world ]]; then make_world "$2" "$mend"; fi
}

# nodegit compiles while the base images build: one wants processors, the other mostly waits for packages.
make_world() {
  local steps=()
  if [[ $1 == with-docker ]]; then bring_docker; fi
  if ! has_nodegit; then steps+=("nodegit" compile_nodegit "$2"); fi
  if [[ $1 == with-docker && $DOCKER == answers ]]; then
    steps+=("base images" build_bases "./gantry doctor tells what is missing for them")
  fi
  if ((${#steps[@]} > 0)); then run_steps "${steps[@]}"; fi
  place_nodegit
}

# Starts Docker where that is ours to do; afterwards DOCKER says whether there is one.
bring_docker() {
  [[ $DOCKER != answers ]] || return 0
  local installed=no
  if [[ " ${PACKAGES[*]} " == *' docker.io '* ]]; then installed=yes; fi
  find_docker
  if can_start_docker || [[ $installed == yes && $DOCKER == stopped ]]; then
    run_steps "start Docker" start_docker "sudo dockerd shows on its terminal why it does not start"
    find_docker
  fi
}

# Makes the machine ready for a purpose. in: as make_plan
prepare() {
  open_cache
  make_plan "$@"
  print_plan
  carry_out "$@"
}
