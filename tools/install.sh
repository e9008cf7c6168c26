# Sourced by ./k8ts and ./test: makes sure that the dependencies are there and fresh.
# Needs npm and any Node from 18 on; the Node that runs k8ts itself comes from npm.
# Sets $node. A word `--no-install` among the arguments after the first keeps it from using apt-get.

ensure_dependencies() {
  root=$1
  node=$root/node_modules/.bin/node
  stamp=$root/node_modules/.k8ts-lock
  if [ -x "$node" ] && cmp -s "$root/package-lock.json" "$stamp"; then return 0; fi
  command -v npm >/dev/null || { echo "k8ts needs npm: apt-get install npm" >&2; return 1; }
  shift
  ensure_libatomic "$@" || return 1
  echo "Installing dependencies (npm ci)…" >&2
  log=$(mktemp)
  if ! (cd "$root" && npm ci --no-audit --no-fund) >"$log" 2>&1; then
    cat "$log" >&2; rm -f "$log"
    echo "npm ci failed" >&2
    return 1
  fi
  rm -f "$log"
  # npm may be set to run no install scripts; the node package then still needs its binary.
  if ! "$node" --version >/dev/null 2>&1; then
    (cd "$root/node_modules/node" && node installArchSpecificPackage.js) >/dev/null || return 1
  fi
  cp "$root/package-lock.json" "$stamp"
}

# Node 26 is linked with libatomic, which the smallest Debian does not have.
ensure_libatomic() {
  [ "$(uname -s)" = Linux ] && [ -x /sbin/ldconfig ] || return 0
  ! /sbin/ldconfig -p | grep -q 'libatomic\.so\.1' || return 0
  command="apt-get install -y --no-install-recommends libatomic1"
  case " $* " in *" --no-install "*) may=false ;; *) may=true ;; esac
  if ! $may || [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "Node needs libatomic1; install it with: $command" >&2
    return 1
  fi
  echo "Missing: libatomic1, which Node needs. Running: $command" >&2
  export DEBIAN_FRONTEND=noninteractive
  $command >/dev/null 2>&1 || { apt-get update >/dev/null && $command >/dev/null; }
}

# Joins the sources when one of them is newer than what was joined last.
ensure_bundle() {
  bundle=$1/dist/k8ts.mjs
  if [ -e "$bundle" ]; then
    newer=$(find "$1/src" "$1/tools/bundle.ts" "$1/package-lock.json" -newer "$bundle" -print -quit)
    [ -n "$newer" ] || return 0
  fi
  if ! mkdir -p "$1/dist" 2>/dev/null || [ ! -w "$1/dist" ]; then
    echo "k8ts: its program is older than its sources, and $1 may not be written: run it once as its owner" >&2
    return 1
  fi
  (cd "$1" && "$node" tools/bundle.ts)
}
