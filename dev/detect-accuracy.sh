#!/usr/bin/env bash
# Measures detection on labelled folders and writes docs/detection-accuracy.md:
#   dev/detect-accuracy.sh MIRROR LABELS EVAL [COMMAND]
# MIRROR  folder with the bare mirrors of the labelled repositories (<owner>+<name>/repo)
# LABELS  labels.json
# EVAL    eval.py, the program that measures a detector
# COMMAND how a folder is analysed, with {folder} in it; left out: kyozo detect of this checkout
set -euo pipefail

[[ $# -ge 3 ]] || { sed -n '2,7s/^# //p' "${BASH_SOURCE[0]}" >&2; exit 2; }
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
mirror=$1 labels=$2 eval=$3
command=${4:-"$root/artifacts/cli/current/Kyozo.Cli/kyozo detect {folder} --json"}
[[ $# -ge 4 ]] || "$root/kyozo" --version >/dev/null
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT

measure() {
    MIRROR=$mirror python3 "$eval" --labels "$labels" --work "$results/work" --cmd "$command" --out "$results/$1.json" "${@:2}" >"$results/$1.txt"
}
measure as-it-is --repeat 2
measure orchestration --strip orchestration
measure dockerfiles --strip orchestration,dockerfile

python3 "$root/dev/detect_accuracy_page.py" "$results" >"$root/docs/detection-accuracy.md"
echo "Written: docs/detection-accuracy.md"
