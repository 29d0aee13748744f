#!/usr/bin/env bash
# pack.sh TARGET FOLDER: an archive of the built program, with manual, completions, licence and notices.
# The program does a whole run on its own sandbox first; on Linux it must be static.
set -euo pipefail
cd "$(dirname "$0")/../.."
target=$1 folder=$2
profile=${PROFILE:-dist}
program=target/$target/$profile/downbeat
version=$("$program" --version | cut -d ' ' -f 2)

case $target in
    *-linux-musl)
        # A program whose address is free (static-pie) is static too.
        if ! ldd "$program" 2>&1 | grep -qE 'statically linked|not a dynamic executable'; then
            echo "$program is not static"
            exit 1
        fi
        ;;
esac

temporary=$(mktemp -d)
trap 'rm -rf "$temporary"' EXIT
"$program" --home "$temporary/home" run --output json | tail -n 1 | grep -q '"state":"success"'

name=downbeat-$version-$target
mkdir -p "$temporary/$name/completions" "$folder"
cp -r "$program" LICENSE ./*.md docs "$temporary/$name/"
"$program" man > "$temporary/$name/downbeat.1"
for shell in bash elvish fish powershell zsh; do
    "$program" completions "$shell" > "$temporary/$name/completions/downbeat.$shell"
done
tar -C "$temporary" -czf "$folder/$name.tar.gz" "$name"
# The Debian package takes them from here.
mkdir -p target/package
cp "$temporary/$name/downbeat.1" "$temporary/$name"/completions/* target/package/
echo "$folder/$name.tar.gz"
