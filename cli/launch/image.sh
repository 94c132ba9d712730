# `./gantry image [NAME:TAG]`: the container image of Gantry itself, from what is compiled here.

build_image() {
  prepare world with-docker
  if [[ $DOCKER != answers ]]; then fail "the image is built by Docker, and $(docker_mend)"; fi
  export PATH="$NODE_DIR/bin:$PATH"
  exec "$NODE" "$DIST/runners/main.js" image "$@"
}
