"""Writes docs/detection-accuracy.md from the results of dev/detect-accuracy.sh: detect_accuracy_page.py RESULTS"""
import collections, json, statistics, sys

RUNS = [("as-it-is", "as they are"), ("orchestration", "without orchestration"), ("dockerfiles", "without orchestration and Dockerfiles")]
# Measured once with the same program on a larger set of labelled folders, the visible ones among them.
PEERS = [
    ("Oryx's detector", "82.5 %", "36 %", "0", "0"),
    ("Railpack's rules", "87.4 %", "9 %", "0", "0"),
    ("Nixpacks' rules", "90.1 %", "33 %", "0", "0"),
    ("specfy stack-analyser", "85.1 %", "33 %", "84 %", "2 %"),
    ("best of them, without orchestration", "", "37 %", "40 %", "15 %"),
]


def f1(results, kind):
    tp, fp, fn = (sum(r.get(f"{kind}_{part}") or 0 for r in results) for part in ("tp", "fp", "fn"))
    return f"{200 * tp / (2 * tp + fp + fn):.1f} %" if tp else "0"


def share(hits):
    hits = list(hits)
    return f"{100 * sum(hits) / len(hits):.1f} % of {len(hits)}" if hits else "none"


def confidences(results):
    for r in results:
        if r["kind"] == "single":
            if r.get("confidence") is not None:
                yield r["set"], r["confidence"], r["lenient"]
        else:
            yield from ((r["set"], score, right) for score, right in r.get("cal", []))


def bins(points):
    found = collections.defaultdict(list)
    for _, score, right in points:
        found[min(9, int(score * 10))].append((score, right))
    return dict(sorted(found.items()))


def ece(points):
    points = list(points)
    return sum(len(b) * abs(statistics.mean(s for s, _ in b) - statistics.mean(r for _, r in b)) for b in bins(points).values()) / len(points)


def main(folder):
    runs = {name: json.load(open(f"{folder}/{name}.json"))["results"] for name, _ in RUNS}
    print("# How right detection is\n\nWritten by `dev/detect-accuracy.sh`; do not edit.\n")
    whole = runs["as-it-is"]
    print(f"{len(whole)} labelled folders of public repositories on which the rules were made; on folders that nobody tuned on, expect less ([ADR-012](decisions/ADR-012-detection-by-evidence.md)).\n")
    print("| | type, one service (strict) | nothing found | services F1 | backing services F1 | edges F1 | ports | frameworks | ECE |\n|---|---|---|---|---|---|---|---|---|")
    for name, title in RUNS:
        results = runs[name]
        single = [r for r in results if r["kind"] == "single"]
        several = [r for r in results if r["kind"] != "single"]
        ports = [r["port_ok"] for r in single if "port_ok" in r] + [i < r["ports"][0] for r in several for i in range(r.get("ports", [0, 0])[1])]
        frameworks = [r["fw_ok"] for r in single if "fw_ok" in r] + [i < r["fws"][0] for r in several for i in range(r.get("fws", [0, 0])[1])]
        print(f"| Kyozo, folders {title} | {share(r['strict'] for r in single)} | {share(r['predicted'] == '(none)' for r in single)} | {f1(several, 'app')} | {f1(several, 'back')} | {f1(results, 'edge')} | {share(ports)} | {share(frameworks)} | {ece(confidences(results)):.3f} |")
    for name, strict, services, backing, edges in PEERS:
        print(f"| {name} | {strict} | | {services} | {backing} | {edges} | | | |")
    print("\nThe peers' figures were measured with the same program on 1,520 folders; none of them gives a score. Services are those of folders with several.\n")
    print("## Scores\n\nHow often a finding of that score was right, over the three runs:\n\n| score | findings | mean score | right |\n|---|---|---|---|")
    points = [point for results in runs.values() for point in confidences(results)]
    for tenth, found in bins(points).items():
        print(f"| {tenth / 10:.1f} to {(tenth + 1) / 10:.1f} | {len(found)} | {statistics.mean(s for s, _ in found):.2f} | {100 * statistics.mean(r for _, r in found):.1f} % |")
    print(f"\nExpected calibration error over all: {ece(points):.3f}. By collection, so that one does not hide another:\n\n| collection | findings | ECE |\n|---|---|---|")
    for collection in sorted({point[0] for point in points}):
        own = [point for point in points if point[0] == collection]
        print(f"| {collection} | {len(own)} | {ece(own):.3f} |")
    errors = sum(1 for results in runs.values() for r in results if r["error"])
    unstable = sum(1 for r in whole if not r["deterministic"])
    print(f"\nFolders on which the command failed: {errors}. Folders with another answer the second time: {unstable}.")


main(sys.argv[1])
