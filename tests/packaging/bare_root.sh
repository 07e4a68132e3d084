#!/usr/bin/env bash
# bare_root.sh source|deb|upgrade...: what a newcomer meets, in a Debian 12 with nothing in it (debootstrap's minbase), made
# anew each time. Needs root, debootstrap and the network; rows of tests/SOAK.
#   source  from a checkout: ./run demo to its report, then ./run package: the bytes of out/package here, made in another
#           folder
#   deb     from the .deb: the steps of packaging/Containerfile, the demo's report, the server as the container starts it
#   upgrade the .deb of the version before, used and killed, and then this one's: settings and record are kept. The version
#           before is built of the last commit that had it
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."
repo=$PWD
soak=$repo/build/soak
base=$soak/bare # what debootstrap made, copied for each trial
root=$soak/root
die() { printf 'bare_root: %s\n' "$*" >&2; exit 1; }
[ "$(id -u)" = 0 ] || die "only root may make a root"
command -v debootstrap >/dev/null || die "apt-get install debootstrap"

# The trial's processes go with it; what it mounted is in a name space of its own.
[ "${BARE_ROOT_INSIDE:-}" = "$$" ] || exec env BARE_ROOT_INSIDE=$$ unshare --mount "$0" "$@"
server= job=
trap '[ -z "$server" ] || kill -9 "$server" 2>/dev/null || true' EXIT

make_base() {
  local mirror
  [ ! -x "$base/bin/bash" ] || return 0
  rm -rf "$base" "$base.new"
  mirror=$(awk '/^URIs:/ { print $2; exit } /^deb / { print $(NF > 4 && $2 ~ /^\[/ ? 3 : 2); exit }' /etc/apt/sources.list.d/*.sources /etc/apt/sources.list 2>/dev/null)
  debootstrap --variant=minbase --include=ca-certificates bookworm "$base.new" "$mirror" >"$soak/debootstrap.log"
  # It reaches the network as this machine does.
  rm -f "$base.new/etc/apt/sources.list"
  cp -r /etc/apt/sources.list* /etc/apt/apt.conf.d "$base.new/etc/apt/"
  cp /usr/share/keyrings/*.gpg "$base.new/usr/share/keyrings/"
  cp -L /etc/resolv.conf "$base.new/etc/resolv.conf"
  cp -L /etc/ssl/certs/ca-certificates.crt "$base.new/etc/ssl/certs/this-machine.crt"
  mv "$base.new" "$base"
}

bare() {
  make_base
  rm -rf --one-file-system "$root"
  cp -a "$base" "$root"
  mount --bind /proc "$root/proc"
  empty=$(megabytes)
}

clear_away() {
  umount "$root/proc"
  rm -rf --one-file-system "$root"
}

# inside WORD...: run in the root, by $as (root where it is not set), with nothing of this machine's environment but the way
# to the network.
inside() {
  env -i HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive \
    SSL_CERT_FILE=/etc/ssl/certs/this-machine.crt $(env | grep -iE '^(https?_proxy|no_proxy|npm_config_registry)=' || true) \
    chroot --userspec="${as:-root}" "$root" "$@"
}

megabytes() { du -smx "$root" | cut -f1; }
same() { [ "$2" = "$3" ] || die "$1: '$3' instead of '$2'"; }

# --- from a checkout

from_source() {
  local begun=$SECONDS demo file
  bare
  mkdir "$root/src"
  begun=$SECONDS
  inside sh -c 'apt-get update -q && apt-get install -y -q --no-install-recommends git'
  git clone -q "$repo" "$root/src/elsewhere"
  inside sh -c 'cd /src/elsewhere && ./run demo' >"$soak/demo.txt" 2>&1 || { tail -n 60 "$soak/demo.txt"; die "./run demo"; }
  cat "$soak/demo.txt"
  [ -s "$root/src/elsewhere/out/demo/report.html" ] || die "the demo wrote no report"
  demo=$((SECONDS - begun))
  echo "figure: from apt to the demo's report $((demo / 60)) min $((demo % 60)) s, $(($(megabytes) - empty)) MB, $(wc -l <"$soak/demo.txt") lines"
  inside sh -c 'cd /src/elsewhere && ./run package'
  for file in out/package/tessera*; do compare "$file" "$root/src/elsewhere/$file"; done
  clear_away
}

# compare HERE THERE: the packages have the same bytes; where Debian's packages are of other versions on this machine than in
# the root, which has the newest, the programs have.
compare() {
  local versions
  if cmp -s "$1" "$2"; then
    echo "figure: ${1##*/} has the same bytes here and there, $(sha256sum "$1" | cut -c1-16)"
    return
  fi
  versions=$(diff <(inner "$1" share/doc/tessera/copyright | grep ' Debian$') <(inner "$2" share/doc/tessera/copyright | grep ' Debian$') | sed -nE 's/^> ([^ ]+) .*/\1/p' | paste -sd' ')
  [ -n "$versions" ] || die "${1##*/} has other bytes here and there, of the same parts"
  cmp <(inner "$1" bin/tessera) <(inner "$2" bin/tessera) || die "the program of ${1##*/} has other bytes here and there"
  echo "figure: the program of ${1##*/} has the same bytes here and there; Debian's $versions are older here"
}

# inner PACKAGE FILE: a file of the tree that both are made of.
inner() {
  case $1 in
    *.deb) dpkg-deb --fsys-tarfile "$1" | tar -xO "./usr/$2" ;;
    *) tar -xzOf "$1" --wildcards "*/$2" ;;
  esac
}

# --- from the .deb

from_deb() {
  local begun took
  bare
  begun=$(date +%s%N)
  container_steps
  inside tessera --version
  inside sh -c 'cd /tmp && tessera simulate --customers 5000 --segments 12 --preset shop --seed 7 --out shop &&
    tessera --store shop.duckdb import shop/events.jsonl --preset segment --yes && tessera --store shop.duckdb discover --out report' >"$soak/demo.txt"
  [ -s "$root/tmp/report/report.html" ] || die "no report"
  took=$((($(date +%s%N) - begun) / 100000000))
  echo "figure: from the .deb to the demo's report $((took / 10)).$((took % 10)) s, $(($(megabytes) - empty)) MB"
  served_by_container
  clear_away
}

# Each step of the Containerfile, in its order: what is copied, run, and started at last.
container_steps() {
  local word rest
  sed -e ':a' -e '/\\$/{N;s/\\\n//;ba' -e '}' -e '/^#/d;/^$/d' packaging/Containerfile >"$soak/steps"
  while read -r word rest <&3; do
    case $word in
      FROM) same 'FROM' debian:bookworm "$rest" ;;
      COPY) cp ${rest% *} "$root${rest##* }" ;;
      RUN) inside sh -c "$rest" ;;
      USER) container_user=$rest ;;
      ENTRYPOINT) container_entry=$(listed "$rest") ;;
      CMD) container_command=$(listed "$rest") ;;
      VOLUME) [ -d "$root$rest" ] || die "no folder for the volume $rest" ;;
      EXPOSE) ;;
      *) die "a step that is not tried: $word" ;;
    esac
  done 3<"$soak/steps"
}

# A list of words in JSON, without the marks.
listed() { sed -E 's/^\["?//; s/"?\]$//; s/", "/ /g' <<<"$1"; }

# start WORD...: a server in the root, by $as, with its address once it has said it. $server is its own number, not that of
# what led to it.
start() {
  : >"$soak/said"
  rm -f "$root/tmp/pid"
  inside sh -c 'echo $$ >/tmp/pid; exec "$@"' sh "$@" >"$soak/said" 2>&1 &
  job=$!
  until address=$(grep -om1 'http://[0-9.]*:[0-9]\+' "$soak/said"); do
    kill -0 $job 2>/dev/null || { cat "$soak/said"; die "it did not start: $*"; }
  done
  server=$(cat "$root/tmp/pid")
  address=${address/0.0.0.0/127.0.0.1}
}

stop() { # SIGNAL
  kill "$1" "$server"
  server=
  wait $job 2>/dev/null || true
}

send() { # EVENT
  curl -sf -u "$key:" "$address/v1/track" -d "{\"userId\": \"ann\", \"event\": \"$1\", \"timestamp\": \"2026-03-01T10:00:00Z\"}" | grep -q true || die "$1 was not taken"
}

# The server as the container starts it, but at a free port: what it was sent is there after it was killed.
served_by_container() {
  as=$container_user start $container_entry ${container_command/:8080/:0}
  key=$(grep -om1 'wk_[A-Za-z0-9_]*' "$soak/said")
  send 'From a container'
  stop -KILL
  as=$container_user start $container_entry ${container_command/:8080/:0}
  stop -TERM
  same 'events after a kill' 1 "$(count /var/lib/tessera/record.duckdb 'From a container')"
  echo 'figure: the server of the container answers, and knows after a kill what it was sent'
}

# --- the version before

# A .deb of the last commit that had the version before.
deb_before() {
  local changed folder=$soak/before
  changed=$(git log --no-merges -n 1 --format=%h -G'^project\(tessera VERSION' -- CMakeLists.txt)
  rm -rf "$folder/packaging"
  mkdir -p "$folder"
  git archive "$changed^" | tar -x -C "$folder"
  cp -al --update=none deps/node_modules "$folder/deps/" 2>/dev/null || cp -an deps/node_modules "$folder/deps/"
  # 0.3.0 has no packages of its own: it is packaged as this version is.
  if [ ! -x "$folder/packaging/make" ]; then
    cp -r packaging tools "$folder/"
    grep -E '^(install\(|set_target_properties\(tessera PROPERTIES INSTALL|target_link_options\(tessera )' CMakeLists.txt >>"$folder/CMakeLists.txt"
  fi
  (cd "$folder" && cmake --preset release -DTESSERA_BENCH=OFF && ninja -C build/release tessera) >"$soak/before.log" 2>&1 || { tail -n 30 "$soak/before.log"; die "the version before could not be built"; }
  SOURCE_DATE_EPOCH=$(git log -n 1 --format=%ct "$changed^") TESSERA_PACKAGE_QUICK=yes \
    "$folder/packaging/make" "$folder/build/release" "$soak/packages_before" $(sed -n '/^build_packages=/,/"$/p' "$folder/run" | tr ' "' '\n\n' | grep -e '-dev$')
}

# The service's own line, as systemd would start it.
start_service() {
  start sh -c ". /etc/default/tessera; exec $(sed -n 's/^ExecStart=//p' "$root/usr/lib/systemd/system/tessera.service")"
}

# How often an event is in a record.
count() { inside tessera --store "$1" sql "SELECT count(*) AS n FROM events WHERE event = '$2'" --format csv | tail -n 1; }

# One record is asked before and after; the other is served, and the server killed, so that its log has an unread end.
upgraded() {
  local asked=/var/lib/tessera/asked.duckdb served=/var/lib/tessera/record.duckdb before now event
  deb_before
  bare
  cp "$soak"/packages_before/tessera_*.deb "$root/tmp/before.deb"
  cp out/package/tessera_*.deb "$root/tmp/now.deb"
  cp -r tests/cli/upgrade/before "$root/tmp/questions"
  inside sh -c 'apt-get update -q && apt-get install -y -q --no-install-recommends /tmp/before.deb'
  before=$(inside tessera --version)
  sed -i 's/127.0.0.1:8080/127.0.0.1:0 --log-level warning/' "$root/etc/default/tessera"
  inside sh -c "mkdir -p /var/lib/tessera && cd /tmp/questions && tessera --store $asked import events.jsonl --preset segment &&
    tessera --store $asked segments apply segments.tsl && tessera --store $asked customers mark bob --as staff &&
    tessera --store $asked customers consent ann --profiling yes && bash questions.sh /usr/bin/tessera $asked >/tmp/said_before 2>&1" ||
    { tail -n 5 "$root/tmp/said_before"; die "the version before does not answer"; }
  start_service
  key=$(grep -om1 'wk_[A-Za-z0-9_]*' "$soak/said")
  send 'Before the upgrade'
  stop -KILL
  inside apt-get install -y -q --no-install-recommends /tmp/now.deb
  now=$(inside tessera --version)
  [ "$before" != "$now" ] || die "nothing was upgraded: $now"
  grep -q 'log-level warning' "$root/etc/default/tessera" || die "the settings were not kept"
  start_service
  send 'After the upgrade'
  stop -TERM
  inside sh -c "cd /tmp/questions && bash questions.sh /usr/bin/tessera $asked >/tmp/said_now 2>&1"
  diff "$root/tmp/said_before" "$root/tmp/said_now" || die "the record says something else than before"
  for event in 'Before the upgrade' 'After the upgrade'; do same "$event" 1 "$(count $served "$event")"; done
  inside apt-get purge -y -q tessera
  [ -s "$root$served" ] || die "a purge took the record away"
  [ ! -e "$root/usr/bin/tessera" ] && [ ! -e "$root/etc/default/tessera" ] || die "a purge left the program or its settings"
  echo "figure: $before was upgraded to $now with its settings, its record and its log's unread end"
  clear_away
}

mkdir -p "$soak"
[ -e out/package ] || die "./run package makes what is tried"
[ $# -gt 0 ] || die "bare_root.sh source|deb|upgrade..."
for trial in "$@"; do
  case $trial in
    source) from_source ;;
    deb) from_deb ;;
    upgrade) upgraded ;;
    *) die "no such trial: $trial" ;;
  esac
done
