#!/usr/bin/env bash
# packaging_test.sh BUILD: the packages of BUILD's binary, made twice under other circumstances, have the same bytes; what
# was built does not say where; the tar.gz runs where it is unpacked, with nothing of the machine's but glibc; a part
# without a licence makes no package. tests/SOAK builds twice in two folders and installs in a bare root.
set -euo pipefail
repo=$(cd "$(dirname "$0")/../.." && pwd)
build=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0
export SOURCE_DATE_EPOCH=1772366400 TESSERA_PACKAGE_QUICK=yes
# Those that ./run names.
parts=$(sed -n '/^build_packages=/,/"$/p' "$repo/run" | tr ' "' '\n\n' | grep -e '-dev$')

check() {
  local name=$1
  shift
  if "$@" >"$work/said" 2>&1; then passed=$((passed + 1)); else
    printf 'FAILED: %s\n' "$name"
    tail -n 20 "$work/said"
    failed=$((failed + 1))
  fi
}
not() { ! "$@"; }
fails_saying() { # WORDS COMMAND...
  local words=$1
  shift
  ! "$@" >"$work/out" 2>"$work/err" && grep -qF -- "$words" "$work/err"
}

"$repo/packaging/make" "$build" "$work/one" $parts
needs=$(dpkg-deb -f "$work"/one/*.deb Depends)
(umask 077; cd /; TESSERA_PACKAGE_NEEDS=${needs%, tzdata} TZ=Asia/Tokyo LANG=tr_TR.UTF-8 TMPDIR=$work "$repo/packaging/make" "$build" "$work/two" $(tac <<<"$parts"))
check 'the same files twice' test "$(ls "$work/one")" = "$(ls "$work/two")"
check 'a .deb and a tar.gz' test "$(ls "$work/one" | wc -l)" = 2
for file in "$work"/one/*; do check "the same bytes: ${file##*/}" cmp "$file" "$work/two/${file##*/}"; done

mkdir "$work/unpacked" "$work/deb"
tar -xzf "$work"/one/*.tar.gz -C "$work/unpacked"
dpkg-deb -R "$work"/one/*.deb "$work/deb"
at=$(echo "$work"/unpacked/*)
check 'the binary does not say where it was built' not grep -qF "$repo" "$at/bin/tessera"
check 'nor from where ccache was called' not grep -qF '../../src/' "$at/bin/tessera"
check 'it says which file of the project' grep -qF 'src/core/' "$at/bin/tessera"
check 'it runs from the tar.gz' env -i "$at/bin/tessera" --version
check 'it runs from the .deb' env -i "$work/deb/usr/bin/tessera" --version
env -i /bin/sh -c "ldd $at/bin/tessera" | awk '$2 == "=>" { print $3 }' | grep -vF "$at/" | xargs -n 1 basename >"$work/machines"
check 'it takes nothing of the machine but glibc' not grep -vE '^(libc|libm|libdl|librt|libpthread|libresolv)\.so\.[0-9]$' "$work/machines"
check 'all parts of the tar.gz are in bin, lib and share' test "$(ls "$at")" = $'bin\nlib\nshare'

check 'the .deb needs libraries of Debian' grep -qE '^Depends: .*libc6 \(>= [0-9.]+\).*libssl3.*, tzdata$' "$work/deb/DEBIAN/control"
check 'its settings are kept' grep -qx /etc/default/tessera "$work/deb/DEBIAN/conffiles"
check 'its sums are right' sh -c "cd '$work/deb' && md5sum --quiet -c DEBIAN/md5sums"
check 'all its files have sums' test "$(wc -l <"$work/deb/DEBIAN/md5sums")" = "$(find "$work/deb/usr" "$work/deb/etc" -type f | wc -l)"
check 'the changelog is there' sh -c "zcat '$work/deb/usr/share/doc/tessera/changelog.gz' | cmp - '$repo/CHANGELOG.md'"
! command -v systemd-analyze >/dev/null || check 'systemd understands the unit' \
  sh -c "sed 's,/usr/bin/tessera,$work/deb/usr/bin/tessera,' '$work/deb/usr/lib/systemd/system/tessera.service' >'$work/tessera.service' &&
    systemd-analyze verify --man=no --recursive-errors=no '$work/tessera.service'"

# Every bought part is named with its version, and has a text.
for package in $parts; do
  check "licence of $package" grep -qE "^$package +$(dpkg-query -W -f '${Version}' "$package" | sed 's/[+.]/\\&/g') +Debian$" "$work/deb/usr/share/doc/tessera/copyright"
done
"$repo/tools/fetch_npm" --list "$repo/deps" >"$work/pinned"
while IFS=$'\t' read -r _ name version licence; do
  check "licence of $name" grep -qE "^$name +$version +npm, $licence$" "$work/deb/usr/share/doc/tessera/copyright"
done <"$work/pinned"
ls "$at/lib/tessera" >"$work/carried"
check 'what the tar.gz carries is named' test "$(grep -cE ' Debian$' "$at/share/doc/tessera/copyright")" -gt "$(grep -cE ' Debian$' "$work/deb/usr/share/doc/tessera/copyright")"

# A part without a text: of npm, with a licence nobody has the text of, and a package that is not installed.
mkdir -p "$work/deps/node_modules/free"
cat >"$work/deps/package-lock.json" <<'EOT'
{
  "lockfileVersion": 3,
  "packages": {
    "node_modules/free": {
      "version": "1.0.0",
      "integrity": "sha512-AAAA",
      "license": "SEE LICENSE"
    }
  }
}
EOT
printf '{"name": "free"}\n' >"$work/deps/node_modules/free/package.json"
check 'a part without a licence' fails_saying 'free 1.0.0 (npm, SEE LICENSE) has no text of its licence' "$repo/packaging/licences" "$work/deps" zlib1g-dev
: >"$work/deps/node_modules/free/LICENSE"
check 'a licence without a word' fails_saying 'free 1.0.0 (npm, SEE LICENSE) has no text' "$repo/packaging/licences" "$work/deps" zlib1g-dev
echo 'Take it.' >"$work/deps/node_modules/free/LICENCE.md"
rm "$work/deps/node_modules/free/LICENSE"
check 'a licence by its other name' "$repo/packaging/licences" "$work/deps" zlib1g-dev
check 'a package that is not there' fails_saying 'no-such-dev is not installed' "$repo/packaging/licences" "$work/deps" no-such-dev

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
