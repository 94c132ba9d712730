# The machine's Docker: used as it is when it answers, started only where nobody else would.

DOCKER_ADDRESS=${DOCKER_HOST:-unix:///var/run/docker.sock}
DOCKER_SOCKET=${DOCKER_ADDRESS#unix://}

# What is known about Docker; out: DOCKER = answers | denied | silent (DOCKER_HOST) | stopped | missing
find_docker() {
  if docker_answers; then
    DOCKER=answers
  elif [[ -n ${DOCKER_HOST:-} ]]; then
    DOCKER=silent
  elif [[ -S $DOCKER_SOCKET && ! -w $DOCKER_SOCKET ]]; then
    DOCKER=denied
  elif type -P dockerd >/dev/null; then
    DOCKER=stopped
  else
    DOCKER=missing
  fi
}

# Asks by whatever client is here; without any, a socket that may be written is believed.
docker_answers() {
  if [[ $DOCKER_ADDRESS == unix://* && ! -S $DOCKER_SOCKET ]]; then return 1; fi
  if type -P docker >/dev/null; then
    DOCKER_HOST=$DOCKER_ADDRESS timeout 5 docker version --format '{{.Server.Version}}' >/dev/null 2>&1
  elif [[ $DOCKER_ADDRESS == unix://* ]] && type -P curl >/dev/null; then
    curl -fs -m 5 --unix-socket "$DOCKER_SOCKET" http://docker/_ping >/dev/null 2>&1
  else
    [[ $DOCKER_ADDRESS == unix://* && -w $DOCKER_SOCKET ]]
  fi
}

# The sentence that says what is wrong with Docker, and the command that mends it.
docker_mend() {
  case $DOCKER in
    denied) echo "Docker's socket $DOCKER_SOCKET is closed to ${USER:-this user}: sudo usermod -aG docker ${USER:-\$USER}," \
      "then log in again" ;;
    silent) echo "no Docker answers at DOCKER_HOST=$DOCKER_HOST: start it there, or unset DOCKER_HOST" ;;
    stopped) echo "Docker is installed but does not answer at $DOCKER_SOCKET: sudo systemctl start docker" ;;
    *) echo "there is no Docker on this machine: $(install_command docker.io)" ;;
  esac
}

has_init() {
  [[ -d /run/systemd/system ]]
}

# True when Docker is not running now and this launch may bring it up: freshly installed, or no init system to do it.
can_start_docker() {
  [[ $DOCKER == stopped ]] && ((EUID == 0)) && ! has_init
}

# A daemon that was killed leaves the file with its pid behind, and while its body is not buried yet (a zombie), or its
# number is another process's now, a new daemon takes it for alive. in: the file, the program that it should name
forget_dead_daemon() {
  local file=$1 program=$2 pid name='' state=''
  pid=$(cat -- "$file" 2>/dev/null) || return 0
  [[ $pid =~ ^[0-9]+$ ]] || return 0
  if [[ -r /proc/$pid/comm ]]; then name=$(cat "/proc/$pid/comm" 2>/dev/null || true); fi
  if [[ -r /proc/$pid/status ]]; then state=$(awk '$1 == "State:" { print $2 }' "/proc/$pid/status" 2>/dev/null || true); fi
  if [[ $name == "$program" && $state != Z ]]; then return 0; fi
  echo "forgetting $file: process $pid is no living $program"
  rm -f -- "$file"
}

# Starts a daemon that outlives this launch, where no init system does it, and waits until it answers (30 s).
start_docker() {
  local log=$GANTRY_CACHE/logs/dockerd.out deadline=$((SECONDS + 30))
  if ! docker_answers && ! has_init && ((EUID == 0)); then
    forget_dead_daemon /var/run/docker.pid dockerd
    forget_dead_daemon /var/run/docker/containerd/containerd.pid containerd
    setsid dockerd >"$log" 2>&1 </dev/null &
    echo "$!" >"$GANTRY_CACHE/dockerd.pid"
    disown
  fi
  until docker_answers; do
    if ((SECONDS > deadline)); then
      echo "Docker did not answer at $DOCKER_ADDRESS within 30 s."
      tail -n 15 -- "$log" 2>/dev/null || true
      return 1
    fi
    echo "waiting for Docker to answer at $DOCKER_ADDRESS"
    sleep 0.3
  done
}
