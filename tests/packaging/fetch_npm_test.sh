#!/usr/bin/env bash
# tools/fetch_npm against a registry that is a folder: it lays what the lock file pins, and nothing where something is odd.
set -euo pipefail
repo=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
registry=$work/registry
export HOME=$work/home npm_config_registry=file://$registry
unset NPM_CONFIG_REGISTRY npm_config_userconfig npm_config_globalconfig
mkdir "$HOME"
passed=0 failed=0
case $(uname -m) in x86_64) mine=x64 other=arm64 ;; *) mine=arm64 other=x64 ;; esac

# publish NAME VERSION TEXT: a tarball of the registry with one file, in a folder of an odd name and mode; its sha512.
publish() {
  local file=$registry/$1/-/${1##*/}-$2.tgz
  mkdir -p "${file%/*}" "$work/new/odd"
  printf '%s\n' "$3" >"$work/new/odd/index.js"
  chmod 400 "$work/new/odd/index.js"
  tar -C "$work/new" -czf "$file" odd
  rm -rf "$work/new"
  sha512sum "$file" | cut -c1-128 | tr -d '\n' | sed 's/../\\x&/g' | xargs -0 printf | base64 -w 0
}

# lock ENTRY...: a lock file; an entry is PATH|MEMBER|MEMBER, as npm writes them.
lock() {
  local entry members
  rm -rf "$work/folder"
  mkdir -p "$work/folder"
  {
    printf '{\n  "name": "test",\n  "lockfileVersion": 3,\n  "requires": true,\n  "packages": {\n    "": {\n      "name": "test"\n    }'
    for entry in "$@"; do
      members=${entry#*|}
      printf ',\n    "%s": {\n      %s\n    }' "${entry%%|*}" "${members//|/$',\n      '}"
    done
    printf '\n  }\n}\n'
  } >"$work/folder/package-lock.json"
}

pin() { printf '"version": "%s"|"integrity": "sha512-%s"' "$1" "$2"; }
ok() { passed=$((passed + 1)); }
bad() { printf 'FAILED: %s\n' "$1"; failed=$((failed + 1)); }
lies() { [ "$(cat "$work/folder/node_modules/$1/index.js" 2>&1)" = "$2" ] && ok || bad "$1 should say '$2'"; }
lies_not() { [ ! -e "$work/folder/node_modules/$1" ] && ok || bad "$1 should not be there"; }
fetched() { "$repo/tools/fetch_npm" "$work/folder" >"$work/said" 2>&1 && ok || bad "$1: $(cat "$work/said")"; }
# refused WORDS: nothing is laid, what lay there before stays, and the words are said.
refused() {
  mkdir -p "$work/folder/node_modules/old"
  if "$repo/tools/fetch_npm" "$work/folder" >"$work/said" 2>&1; then
    bad "should be refused: $1"
  elif ! grep -qF -- "$1" "$work/said"; then
    bad "should say '$1', said: $(cat "$work/said")"
  elif [ "$(ls "$work/folder/node_modules")" != old ]; then
    bad "something was laid: $1"
  else
    ok
  fi
}

plain=$(publish plain 1.0.0 plain)
older=$(publish plain 0.9.0 older)
scoped=$(publish @who/scoped 2.0.0-r.3 scoped)
machine=$(publish machine 1.0.0 machine)

lock "node_modules/plain|$(pin 1.0.0 "$plain")|\"license\": \"MIT\"" "node_modules/@who/scoped|$(pin 2.0.0-r.3 "$scoped")" \
  "node_modules/@who/scoped/node_modules/plain|$(pin 0.9.0 "$older")" \
  "node_modules/alias|\"name\": \"plain\"|$(pin 1.0.0 "$plain")" \
  "node_modules/kept/node_modules/inner|\"version\": \"1.0.0\"|\"inBundle\": true" \
  "node_modules/away|\"resolved\": \"node_modules/plain/absent\"|\"link\": true" "node_modules/plain/absent|\"optional\": true" \
  "node_modules/machine|$(pin 1.0.0 "$machine")|\"cpu\": [
        \"$mine\"
      ]|\"os\": [
        \"!win32\"
      ]|\"optional\": true" \
  "node_modules/elsewhere|$(pin 1.0.0 "$machine")|\"cpu\": [
        \"$other\"
      ]|\"optional\": true" \
  "node_modules/musl|$(pin 1.0.0 "$machine")|\"libc\": [
        \"musl\"
      ]|\"optional\": true"
fetched 'a lock file of all kinds'
lies plain plain
lies @who/scoped scoped
lies @who/scoped/node_modules/plain older
lies alias plain
lies machine machine
lies_not elsewhere
lies_not musl
lies_not kept
[ "$("$repo/tools/fetch_npm" --list "$work/folder" | head -n 1)" = $'node_modules/plain\tplain\t1.0.0\tMIT' ] && ok || bad '--list'

# Where the registry is said.
unset npm_config_registry
printf 'fund=false\nregistry = "file://%s"\n' "$registry" >"$HOME/.npmrc"
rm -rf "$work/folder/node_modules"
fetched "the user's registry"
printf 'registry=file://%s/nowhere\n' "$work" >"$HOME/.npmrc"
printf 'registry=file://%s/\n' "$registry" >"$work/folder/.npmrc"
fetched "the folder's registry goes before the user's"
export npm_config_registry=file://$registry

lock "node_modules/plain|$(pin 1.0.0 "$older")"
refused 'is not what'
lock "node_modules/@who/scoped|$(pin 2.0.0-r.3 "$scoped")" "node_modules/plain|$(pin 0.9.0 "$plain")"
refused 'is not what'
lock "node_modules/plain|$(pin 1.0.1 "$plain")"
refused 'could be fetched'
lock 'node_modules/plain|"version": "1.0.0"'
refused 'plain has no sha512'
lock 'node_modules/plain|"version": "1.0.0"|"integrity": "sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk="'
refused 'plain has no sha512'
lock "node_modules/plain|$(pin 1.0.0 "$plain")|\"resolved\": \"git+ssh://git@host/plain.git#1\""
refused 'is of no registry'
lock "node_modules/plain|$(pin 1.0.0 "$plain")|\"resolved\": \"file:../plain.tgz\""
refused 'is of no registry'
lock "node_modules/../../plain|$(pin 1.0.0 "$plain")"
refused 'an odd path'
lock 'node_modules/plain|"license": "MIT"'
refused 'plain has no version'
lock "node_modules/elsewhere|$(pin 1.0.0 "$machine")|\"cpu\": [
        \"$other\"
      ]"
refused 'is not for this machine'
lock "node_modules/plain|$(pin 1.0.0 "$plain")"
tr -d '\n ' <"$work/folder/package-lock.json" >"$work/one_line" && mv "$work/one_line" "$work/folder/package-lock.json"
refused 'as npm writes it'
lock "node_modules/plain|$(pin 1.0.0 "$plain")"
sed -i 's/"lockfileVersion": 3/"lockfileVersion": 1/' "$work/folder/package-lock.json"
refused 'as npm writes it'
rm "$work/folder/package-lock.json"
refused 'package-lock.json'

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
