# What comes from Debian or Ubuntu: only what is missing, and nothing installed is removed, replaced or upgraded.

PACKAGES=()

# Notes packages that are to be installed, each once.
want_packages() {
  local package
  for package in "$@"; do
    if [[ " ${PACKAGES[*]} " != *" $package "* ]]; then PACKAGES+=("$package"); fi
  done
}

# Prints those of the named packages that are not installed.
packages_missing() {
  local package
  for package in "$@"; do
    if [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) != installed ]]; then echo "$package"; fi
  done
}

# Finds which tools of a full launch are missing. in: with-docker or without-docker
want_tools() {
  local tool
  type -P git >/dev/null || want_packages git
  type -P redis-server >/dev/null || want_packages redis-server
  type -P openssl >/dev/null || want_packages openssl
  [[ -n $(compgen -G '/usr/lib/*/libgssapi_krb5.so.2') || -n $(compgen -G '/usr/lib*/libgssapi_krb5.so.2') ]] ||
    want_packages libgssapi-krb5-2
  # The pages are tested in a browser. Ubuntu's package is only a way to the snap store: there the test says it skips.
  if [[ -n ${WANT_BROWSER:-} && ! -x /usr/bin/chromium ]] && grep -qsx 'ID=debian' /etc/os-release; then
    want_packages chromium fonts-dejavu-core
  fi
  # The store is tested on both of its databases.
  if [[ -n ${WANT_BROWSER:-} && -z $(compgen -G '/usr/lib/postgresql/*/bin/initdb') ]]; then want_packages postgresql; fi
  # Completion is tested in the shells that it is for.
  if [[ -n ${WANT_BROWSER:-} ]]; then
    type -P zsh >/dev/null || want_packages zsh
    type -P fish >/dev/null || want_packages fish
  fi
  # Sources over SSH are tested with a real host, and what git starts is written down by the kernel.
  if [[ -n ${WANT_BROWSER:-} ]]; then
    [[ -x /usr/sbin/sshd ]] || want_packages openssh-server
    type -P strace >/dev/null || want_packages strace
  fi
  # Attacks are tried with the programs that attackers use.
  if [[ -n ${WANT_BROWSER:-} ]]; then
    for tool in ffuf hydra sqlmap; do
      type -P "$tool" >/dev/null || want_packages "$tool"
    done
  fi
  if [[ $1 == with-docker ]]; then
    if [[ $DOCKER == missing ]]; then want_packages docker.io; fi
    type -P mmdebstrap >/dev/null || want_packages mmdebstrap
  fi
}

# Finds which packages a compile of nodegit lacks.
want_compiler() {
  local missing
  if ! type -P dpkg-query >/dev/null; then
    type -P g++ >/dev/null && type -P make >/dev/null && type -P python3 >/dev/null && return
    fail "nodegit must be compiled and this is no Debian or Ubuntu: install a C++ compiler, make, python3 and the" \
      "headers of krb5, openssl, pcre, libssh2 and curl with the machine's package manager, then run this again"
  fi
  mapfile -t missing < <(packages_missing "${NODEGIT_PACKAGES[@]}")
  want_packages "${missing[@]}"
}

# Finds what a download needs where there is neither npm nor curl nor wget.
want_downloader() {
  type -P npm >/dev/null || type -P curl >/dev/null || type -P wget >/dev/null || want_packages curl ca-certificates
}

# How this process may install packages: nothing for root, sudo without a password, or not at all.
# out: AS_ROOT (command words), returns 1 when it may not
find_root() {
  AS_ROOT=()
  if ((EUID == 0)); then return; fi
  if type -P sudo >/dev/null && sudo -n true 2>/dev/null; then
    AS_ROOT=(sudo -n)
    return
  fi
  return 1
}

can_install() {
  type -P apt-get >/dev/null && find_root
}

# Refuses, with the command that would mend it, when something is missing that may not be installed.
# Docker and mmdebstrap are no reason to refuse here: what needs them says so itself.
check_packages() {
  local needed=() package
  ((${#PACKAGES[@]} > 0)) || return 0
  if can_install; then return; fi
  for package in "${PACKAGES[@]}"; do
    case $package in docker.io | mmdebstrap) ;; *) needed+=("$package") ;; esac
  done
  PACKAGES=()
  ((${#needed[@]} > 0)) || return 0
  type -P apt-get >/dev/null ||
    fail "this machine lacks ${needed[*]} and has no apt-get; install them with its package manager, then run this again"
  fail "this machine lacks ${needed[*]}, and installing them needs root: $(install_command "${needed[@]}")"
}

# The command that a person would type.
install_command() {
  printf 'sudo apt-get update && sudo apt-get install --no-install-recommends %s' "$*"
}

# Installs the packages. Redis is run by Gantry itself, as a child with settings of its own, PostgreSQL and sshd by the
# tests, so the machine's services stay off while they are installed (unless the machine has a policy for that already).
install_packages() {
  local policy=/usr/sbin/policy-rc.d ours=
  find_root
  "${AS_ROOT[@]}" apt-get update
  if [[ " ${PACKAGES[*]} " =~ ' '(redis-server|postgresql|openssh-server)' ' && ! -e $policy ]]; then
    ours=yes
    printf '#!/bin/sh\ncase $1 in redis-server | postgresql* | ssh*) exit 101 ;; esac\nexit 0\n' | "${AS_ROOT[@]}" tee "$policy" >/dev/null
    "${AS_ROOT[@]}" chmod +x "$policy"
  fi
  local status=0
  "${AS_ROOT[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends --no-upgrade \
    --no-remove "${PACKAGES[@]}" || status=$?
  if [[ -n $ours ]]; then "${AS_ROOT[@]}" rm -f "$policy"; fi
  return "$status"
}
