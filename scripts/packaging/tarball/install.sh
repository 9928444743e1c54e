#!/bin/sh
# Installs zest-sandbox from this folder into a prefix, or takes it out again:
#   ./install.sh [--uninstall] [[--prefix] PREFIX]      by default /usr/local for root, else ~/.local
# It also runs from where it was unpacked: bin/zest-sandbox.
set -eu

die() {
  echo "zest-sandbox: $*" >&2
  exit 2
}

here=$(cd -- "$(dirname -- "$0")" && pwd)
action=install
prefix=
into() {
  [ -z "$prefix" ] || die "one folder to install into, not two: $prefix and $1"
  [ -n "$1" ] || die "the folder to install into has no name: ./install.sh --prefix DIR"
  case $1 in
  /*) prefix=$1 ;;
  *) prefix=$PWD/$1 ;;
  esac
}
while [ $# -gt 0 ]; do
  case $1 in
  --uninstall) action=uninstall ;;
  --prefix)
    into "${2-}"
    shift
    ;;
  --prefix=*) into "${1#--prefix=}" ;;
  -h | --help)
    sed -n '2,/^set/{s/^# \{0,1\}//p;}' "$0"
    exit 0
    ;;
  -*) die "there is no option $1; ./install.sh --help says which there are" ;;
  *) into "$1" ;;
  esac
  shift
done
if [ -z "$prefix" ]; then
  if [ "$(id -u)" = 0 ]; then
    prefix=/usr/local
  else
    prefix=${HOME:+$HOME/.local}
    [ -n "$prefix" ] || die "there is no HOME to install below; say where: ./install.sh PREFIX"
  fi
fi

if [ "$action" = uninstall ]; then
  rm -rf -- "$prefix/lib/zest-sandbox" "$prefix/share/doc/zest-sandbox"
  rm -f -- "$prefix/bin/zest-sandbox"
  for paper in man/man1/zest-sandbox.1 bash-completion/completions/zest-sandbox zsh/site-functions/_zest-sandbox \
    fish/vendor_completions.d/zest-sandbox.fish; do
    rm -f -- "$prefix/share/$paper"
  done
  echo "zest-sandbox is gone from $prefix."
  exit 0
fi

system=$(uname -s)
machine=$(uname -m)
[ "$system" = Linux ] || die "this package is for Linux, and this is $system; the container image runs there"
[ "$machine" = @ARCHITECTURE@ ] || die "this package is for @ARCHITECTURE@, and this machine is $machine; take the one for $machine"
glibc=$(getconf GNU_LIBC_VERSION 2>/dev/null) || glibc=
glibc=${glibc#glibc }
[ -n "$glibc" ] || die "this package needs glibc @GLIBC@, which this system does not have; the container image runs there"
oldest=$(printf '%s\n' "$glibc" @GLIBC@ | sort -V | head -n 1)
[ "$oldest" = @GLIBC@ ] || die "this package needs glibc @GLIBC@, and this system has $glibc; the container image runs there"

mkdir -p -- "$prefix/bin" "$prefix/lib" "$prefix/share" 2>/dev/null && [ -w "$prefix/bin" ] ||
  die "cannot write to $prefix; name another prefix, or run as root: ./install.sh PREFIX"
rm -rf -- "$prefix/lib/zest-sandbox"
cp -R -- "$here/lib/zest-sandbox" "$prefix/lib/" && cp -R -- "$here/share/." "$prefix/share/" || die "cannot write to $prefix"
# A running sandbox keeps the file that it was started from.
cp -- "$here/bin/zest-sandbox" "$prefix/bin/.zest-sandbox.new" && mv -f -- "$prefix/bin/.zest-sandbox.new" "$prefix/bin/zest-sandbox" ||
  die "cannot write to $prefix"
installed=$("$prefix/bin/zest-sandbox" version 2>&1) || die "$prefix/bin/zest-sandbox does not run here: ${installed#*: }"
echo "$installed is in $prefix/bin."
case :${PATH-}: in
*:"$prefix/bin":*) ;;
*) echo "That is not in your PATH yet: export PATH=\"$prefix/bin:\$PATH\"" ;;
esac
