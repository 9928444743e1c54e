#!/usr/bin/env bash
# What the action does, and any other CI may: PACKAGE, and of SHA256, COMMAND, OPTIONS, COVERAGE_MIN,
# CERTIFY, REPORTS those that are wanted.
set -euo pipefail

die() {
  echo "zest-sandbox: $*" >&2
  exit 2
}

[[ -n ${PACKAGE-} ]] || die "PACKAGE is empty; it must be the tarball of zest-sandbox, a path or an https URL"
reports=${REPORTS:-zest-reports}
mkdir -p -- "$reports"
home=$(mktemp -d)
trap 'rm -rf -- "$home"' EXIT
archive=$home/zest-sandbox.tar.gz
case $PACKAGE in
  https://*) curl --fail --silent --show-error --location --proto '=https' --output "$archive" -- "$PACKAGE" || die "$PACKAGE cannot be fetched" ;;
  *) cp -- "$PACKAGE" "$archive" || die "$PACKAGE is not there" ;;
esac
if [[ -n ${SHA256-} ]]; then
  echo "$SHA256  $archive" | sha256sum --check --quiet - || die "$PACKAGE is not the one with the checksum $SHA256"
fi
tar -xzf "$archive" -C "$home" || die "$PACKAGE is no tarball"
"$home"/zest-sandbox-*/install.sh "$home/prefix" >&2
export PATH=$home/prefix/bin:$PATH

status=0
if [[ -n ${COMMAND-} ]]; then
  # Options are words, as they would be typed.
  read -ra options <<<"${OPTIONS-}"
  # What the command has met is part of the summary, and coverage.json is for `zest-sandbox coverage merge`.
  options+=(--coverage-json "$reports/coverage.json" --coverage-markdown "$reports/coverage.md" --coverage-min "${COVERAGE_MIN:-0}")
  zest-sandbox exec "${options[@]}" -- bash -euo pipefail -c "$COMMAND" || status=$?
fi
if [[ -n ${CERTIFY-} ]]; then
  zest-sandbox certify --webhook-url "$CERTIFY" --junit "$reports/certify.xml" --markdown "$reports/certify.md" || status=$?
fi
# Whatever wrote Markdown there, the command included, is the job's summary.
if [[ -n ${GITHUB_STEP_SUMMARY-} ]]; then
  for page in "$reports"/*.md; do
    [[ ! -e $page ]] || cat -- "$page" >>"$GITHUB_STEP_SUMMARY"
  done
fi
exit "$status"
