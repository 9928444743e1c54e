# shellcheck shell=bash
# What the scripts of this folder share; sourced, never run. Everything said here goes to stderr, so that stdout belongs
# to the command that the user asked for, and nothing here reads stdin.

set -euo pipefail

root=$(dirname -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")")
build=$root/build

# A Debian package, or command=package where the command may come from anywhere.
user_needs=(g++=g++ cmake=cmake ninja=ninja-build pkg-config=pkg-config ca-certificates libcpp-httplib-dev
  nlohmann-json3-dev libssl-dev libsqlite3-dev libcurl4-openssl-dev libcli11-dev libspdlog-dev libpcre2-dev zlib1g-dev curl=curl)  # the last for the README
test_needs=(python3=python3 node=nodejs libgtest-dev libgmock-dev dpkg-shlibdeps=dpkg-dev file=file)  # the last two for cpack
clang_needs=(clang++=clang)
fuzz_needs=("${clang_needs[@]}" libclang-rt-dev)
browser_needs=(chromium=chromium npm=npm)
# Both are versioned because another version formats and warns differently.
format_needs=(clang-format-14=clang-format-14)
tidy_needs=(clang-tidy-14=clang-tidy-14)

say() { printf 'zest-sandbox: %s\n' "$*" >&2; }

# Exit code 2: something is missing on this machine or in the call, as opposed to a failed build or test (1).
die() {
  say "$@"
  exit 2
}

# tool COMMAND…: runs a tool of the build. A TMPDIR that is relative or gone breaks compilers and package scripts.
tool() {
  if [[ -n ${TMPDIR-} && ! (${TMPDIR} == /* && -d ${TMPDIR} && -w ${TMPDIR}) ]]; then
    env -u TMPDIR -- "$@" </dev/null
  else
    "$@" </dev/null
  fi
}

# find_missing NEED…: sets `missing` to the packages behind the needs that this machine lacks.
find_missing() {
  local need status libraries=()
  missing=()
  for need in "$@"; do
    case $need in
      *=*) command -v -- "${need%%=*}" >/dev/null || missing+=("${need#*=}") ;;
      *) libraries+=("$need") ;;
    esac
  done
  # Without dpkg the libraries are left to CMake, which names the first one that it does not find.
  if ((${#libraries[@]})) && command -v dpkg-query >/dev/null; then
    status=$(dpkg-query -W -f '${Package}=${db:Status-Status}\n' "${libraries[@]}" 2>/dev/null) || true
    for need in "${libraries[@]}"; do
      [[ $'\n'$status$'\n' == *$'\n'"$need=installed"$'\n'* ]] || missing+=("$need")
    done
  fi
}

# require NEED…: installs what is missing, or says what to install and stops.
require() {
  local as_root=() log
  find_missing "$@"
  ((${#missing[@]})) || return 0
  command -v apt-get >/dev/null ||
    die "missing: ${missing[*]} (names of Debian packages; install what your system calls them, then run this again)"
  if (($(id -u) != 0)); then
    as_root=(sudo)
    # Asking for a password is fine where somebody sits.
    if ! command -v sudo >/dev/null || ! { sudo -n true 2>/dev/null || { [[ -t 0 && -t 2 ]] && sudo true; }; }; then
      say "these Debian packages are missing, and installing them needs root: ${missing[*]}"
      die "run as root, then try again: apt-get update && apt-get install -y --no-install-recommends ${missing[*]}"
    fi
  fi
  say "installing Debian packages: ${missing[*]}"
  mkdir -p -- "$build" || die "cannot write to $root"
  log=$build/packages.log
  local apt=("${as_root[@]}" env -u TMPDIR DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1
    apt-get -q -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 -o Dpkg::Use-Pty=0)
  # An unreachable source that has nothing to do with us must not end the run; the installation decides.
  "${apt[@]}" update </dev/null >"$log" 2>&1 || say "apt-get update reported errors; trying to install anyway"
  # Removing packages of the user is never what was asked for.
  "${apt[@]}" install -y --no-remove --no-install-recommends "${missing[@]}" </dev/null >>"$log" 2>&1 || {
    tail -n 25 -- "$log" >&2
    die "apt-get could not install: ${missing[*]} (the whole output: $log)"
  }
}

# install_node_modules FROM TO: the packages of npm that FROM/package-lock.json names, into TO/node_modules, once.
install_node_modules() {
  if cmp -s -- "$1/package-lock.json" "$2/package-lock.json" && [[ -f $2/installed ]]; then return 0; fi
  say "installing packages of npm for the tests"
  mkdir -p -- "$2" && cp -- "$1/package.json" "$1/package-lock.json" "$2/"
  (cd -- "$2" && tool npm ci --ignore-scripts --no-audit --no-fund) >"$2/npm.log" 2>&1 || {
    tail -n 15 -- "$2/npm.log" >&2
    die "npm could not install what the tests need (the whole output: $2/npm.log)"
  }
  : >"$2/installed"
}

# lock_build / unlock_build: one script at a time sets up the build folders; the others wait.
lock_build() {
  mkdir -p -- "$build" 2>/dev/null && { exec 9>"$build/.lock"; } 2>/dev/null || die "cannot write to $build"
  flock -n 9 || {
    say "waiting for another script that is building"
    flock 9
  }
}
unlock_build() { exec 9>&-; }

# configure DIR FIRST… [-- NAME=VALUE…]: makes DIR a build folder of this tree. FIRST are CMake's arguments for a new
# one; the values after -- must hold in an old one too. An up-to-date folder costs no process.
configure() {
  local dir=$1 cache='' first=() demands=() want fresh=() launcher=()
  shift
  while (($#)) && [[ $1 != -- ]]; do
    first+=("$1")
    shift
  done
  (($#)) && shift
  [[ -f $dir/CMakeCache.txt && -f $dir/build.ninja ]] && cache=$'\n'$(<"$dir/CMakeCache.txt")$'\n'
  # A folder that was copied along with its tree would go on building the old tree.
  if [[ $cache != *$'\n'"CMAKE_HOME_DIRECTORY:INTERNAL=$root"$'\n'* ]]; then
    cache=''
    fresh=(--fresh "${first[@]}")
    # ccache fails, rather than compiling, where it cannot have its folder.
    if command -v ccache >/dev/null && tool ccache -s >/dev/null 2>&1; then
      launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
    fi
  elif [[ $cache == *$'\n'CMAKE_CXX_COMPILER_LAUNCHER:*=ccache$'\n'* ]] && ! command -v ccache >/dev/null; then
    launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=)
  fi
  for want in "$@"; do
    [[ $cache =~ $'\n'"${want%%=*}":[A-Z]+="${want#*=}"$'\n' ]] || demands+=("-D$want")
  done
  ((${#fresh[@]} + ${#demands[@]} + ${#launcher[@]})) || return 0
  say "configuring ${dir#"$root"/}"
  mkdir -p -- "$dir"
  (cd -- "$root" && tool cmake "${fresh[@]}" -B "$dir" "${launcher[@]}" "${demands[@]}") >"$dir/configure.log" 2>&1 || {
    tail -n 25 -- "$dir/configure.log" >&2
    rm -f -- "$dir/build.ninja"
    say "configuring failed (the whole output: $dir/configure.log)"
    exit 1
  }
}

# compile DIR [TARGET…]: says nothing when nothing is to do; otherwise shows how far it is.
compile() {
  local dir=$1 free jobs
  shift
  # A compiler takes up to a gigabyte here, and small machines have more cores than that.
  free=$(awk '/^MemAvailable:/ { print int($2 / 1048576) }' /proc/meminfo 2>/dev/null) || free=''
  jobs=$(nproc)
  if [[ -n $free ]] && ((free < jobs)); then jobs=$((free > 0 ? free : 1)); fi
  tool ninja -C "$dir" -j "$jobs" "$@" 2>&1 | show_build "${dir#"$root"/}" || {
    say "the build failed"
    exit 1
  }
}

# show_build NAME: ninja's output as progress, on one line of a terminal, else as a line every ten seconds; what is no
# progress (an error, a warning) is passed on.
show_build() {
  local line='' more='' status percent='' shown=$SECONDS began=$SECONDS
  local -r progress='^\[([0-9]+)/([0-9]+)\] '
  while true; do
    # A read that times out keeps what it has of the line.
    status=0
    IFS= read -r -t 1 more || status=$?
    line+=$more
    if ((status > 128)); then
      show_percent "$1"
      continue
    fi
    ((status == 0)) || [[ -n $line ]] || break
    if [[ $line =~ $progress ]]; then
      [[ -n $percent ]] || say "building in $1"
      percent=$((100 * BASH_REMATCH[1] / BASH_REMATCH[2]))
      show_percent "$1"
    elif [[ $line != 'ninja: no work to do.' && $line != 'ninja: Entering directory '* && $line != '-- '* &&
      $line != *'] Re-checking globbed directories...' ]]; then
      [[ ! -t 2 ]] || printf '\r\033[K' >&2
      printf '%s\n' "$line" >&2
    fi
    line=''
  done
  [[ -z $percent || ! -t 2 ]] || printf '\r\033[K' >&2
}

# show_percent NAME: with the variables of show_build.
show_percent() {
  [[ -n $percent ]] || return 0
  if [[ -t 2 ]]; then
    printf '\r\033[Kzest-sandbox: building in %s: %d %% after %d s' "$1" "$percent" "$((SECONDS - began))" >&2
  elif ((SECONDS - shown >= 10)); then
    say "building in $1: $percent % after $((SECONDS - began)) s"
    shown=$SECONDS
  fi
}
