"""Writes THIRD-PARTY.md: the crates that the program is linked from, their licences and their copyright notices.

    python3 .ci/third-party.py            writes the file
    python3 .ci/third-party.py --check    fails if the file is not what it would write

It reads Cargo's own tree and the licence files in Cargo's registry folder; nothing else.
"""

import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
FILE = ROOT / "THIRD-PARTY.md"
TARGET = "x86_64-unknown-linux-gnu"

HEAD = """# Third-party notices

The released program is linked from the crates below, each under the licence named beside it, with the copyright notices
that its package carries. `.ci/third-party.py` writes this file; CI checks that it is up to date.
The texts of the licences: [Apache-2.0](https://www.apache.org/licenses/LICENSE-2.0),
[BSD-3-Clause](https://opensource.org/license/bsd-3-clause), [CC0-1.0](https://creativecommons.org/publicdomain/zero/1.0/),
[ISC](https://opensource.org/license/isc-license-txt), [MIT](https://opensource.org/license/mit),
[MPL-2.0](https://www.mozilla.org/MPL/2.0/), [Unicode-3.0](https://www.unicode.org/license.txt),
[Unlicense](https://unlicense.org), [Zlib](https://opensource.org/license/zlib).

| crate | version | licence | copyright |
| --- | --- | --- | --- |
"""

NOTICE = re.compile(r"^\W*(copyright\s+(?:\(c\)|©|\d|the|[A-Z]).*)$", re.IGNORECASE)
# Lines of the licence texts themselves, and of their templates.
TEMPLATE = re.compile(
    r"copyright (?:notice|and/or|owner|holder|and related|license|law|statement|\[|\{|©? ?<)|yyyy|all rights? (?:and|in)", re.IGNORECASE
)


def cargo(*arguments):
    return subprocess.run(["cargo", *arguments], cwd=ROOT, check=True, capture_output=True, text=True).stdout


def linked():
    """Name and version of each crate of the tree, ours and those that only a build runs left out."""
    tree = cargo(
        "tree", "--locked", "-p", "downbeat", "-e", "normal,no-proc-macro", "--target", TARGET, "--prefix", "none", "-f", "{p}"
    )
    rows = (line.split() for line in tree.splitlines() if line.strip() and "(/" not in line)
    return sorted({(row[0], row[1].lstrip("v")) for row in rows})


def notices(folder):
    found = []
    for path in sorted(folder.iterdir()):
        if not path.is_file() or not re.match(r"(?i)(licen[cs]e|copying|copyright|notice|unlicense)", path.name):
            continue
        for line in path.read_text(errors="replace").splitlines():
            match = NOTICE.match(line)
            if match and not TEMPLATE.search(line):
                text = re.sub(r"\s+", " ", match.group(1)).strip(" *|").replace("|", "/")
                if text not in found:
                    found.append(text)
    return found


def document():
    packages = json.loads(cargo("metadata", "--locked", "--format-version", "1", "--filter-platform", TARGET))["packages"]
    known = {(package["name"], package["version"]): package for package in packages}
    rows = []
    for key in linked():
        package = known[key]
        folder = pathlib.Path(package["manifest_path"]).parent
        name = f"[{key[0]}]({package['repository']})" if package["repository"] else key[0]
        rows.append(f"| {name} | {key[1]} | {package['license']} | {'<br>'.join(notices(folder))} |\n")
    return HEAD + "".join(rows)


def main():
    text = document()
    if "--check" not in sys.argv:
        FILE.write_text(text)
    elif not FILE.exists() or FILE.read_text() != text:
        sys.exit("THIRD-PARTY.md is not up to date: python3 .ci/third-party.py")


main()
