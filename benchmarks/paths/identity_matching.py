"""How well files of one person are found: `python -m benchmarks.paths.identity_matching FOLDER`.

FOLDER (or the environment's QUANYU_IDENTITY_DATA) holds labelled records: ``fake_1000.csv`` (column ``cluster``)
and ``febrl3.csv`` (the person is in ``rec_id``). Printed per file: what blocking keeps, then precision, recall and
F1 of what would be merged or taken for known without anybody looking (goal: precision 1.0), and of the review
queue by threshold. The rules are the product's own; nothing is fitted to the files.
"""

from __future__ import annotations

import csv
import os
import platform
import re
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from itertools import combinations
from pathlib import Path

from quanyu.modules.members.rules import matching, matching_blocks, matching_names
from quanyu.modules.members.rules.matching import Profile

THRESHOLDS = (8, 10, 12, 14, 16, 18, 20, 24)
JOINED = (10, 12)
VARIABLE = "QUANYU_IDENTITY_DATA"
Records = list[tuple[str, Profile]]


def born(text: str) -> date | None:
    """Read a date as the files write it; what is no date is unknown."""
    for form in ("%Y-%m-%d", "%Y%m%d"):
        try:
            return datetime.strptime(text.strip(), form).date()  # noqa: DTZ007 - a birthday has no zone
        except ValueError:
            continue
    return None


def some(*texts: str) -> frozenset[str]:
    """The texts that say something."""
    return frozenset(text for text in (matching.cleaned_address(one) for one in texts) if text)


def fake_1000(path: Path) -> Records:
    """Persons with first name, surname, birthday, city and e-mail."""
    with path.open(encoding="utf-8") as file:
        return [
            (
                row["cluster"],
                Profile(
                    name=matching_names.cleaned(f"{row['first_name']} {row['surname']}"),
                    birthday=born(row["dob"]),
                    emails=frozenset({row["email"].lower()} - {""}),
                    areas=some(row["city"]),
                ),
            )
            for row in csv.DictReader(file)
        ]


def febrl3(path: Path) -> Records:
    """Persons with name, birthday and address; the number of the person stands in the record's own number."""
    with path.open(encoding="utf-8") as file:
        rows = [{key.strip(): (value or "").strip() for key, value in row.items()} for row in csv.DictReader(file)]
    return [
        (
            re.sub(r"^rec-(\d+)-.*$", r"\1", row["rec_id"]),
            Profile(
                name=matching_names.cleaned(f"{row['given_name']} {row['surname']}"),
                birthday=born(row["date_of_birth"]),
                addresses=some(f"{row['street_number']} {row['address_1']} {row['address_2']}"),
                areas=some(row["suburb"], row["postcode"]),
            ),
        )
        for row in rows
    ]


def candidates(records: Records) -> Iterator[tuple[int, int]]:
    """Pairs of records that share a trait which not too many share."""
    blocks: dict[str, list[int]] = defaultdict(list)
    for place, (_person, profile) in enumerate(records):
        for trait in matching_blocks.traits(profile):
            blocks[trait].append(place)
    found = {
        pair
        for places in blocks.values()
        if len(places) <= matching_blocks.FILES_MAX
        for pair in combinations(sorted(places), 2)
    }
    yield from sorted(found)


def shares(records: Records) -> matching.Share:
    """How common each name is among the records, as the product counts it."""
    counted = Counter(matching_blocks.name_trait(profile) for _person, profile in records)

    def share(name: str) -> float:
        return (counted[matching_blocks.name_trait(Profile(name=name))] + 1) / (len(records) + 1000)

    return share


def figures(right: int, wrong: int, all_true: int) -> str:
    """Precision, recall, F1 and the counts."""
    precision = right / (right + wrong) if right + wrong else 1.0
    recall = right / all_true
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return f"{precision:9.4f} {recall:8.4f} {f1:8.4f} {right:7d} right {wrong:6d} wrong"


def joined(pairs: Iterable[tuple[int, int]], records: Records, all_true: int) -> str:
    """The figures when every pair were merged, so that who is one with two is one with both."""
    root = list(range(len(records)))

    def find(place: int) -> int:
        while root[place] != place:
            root[place] = place = root[root[place]]
        return place

    for one, other in pairs:
        root[find(one)] = find(other)
    files = Counter(find(place) for place in range(len(records)))
    same = Counter((find(place), records[place][0]) for place in range(len(records)))
    right = sum(count * (count - 1) // 2 for count in same.values())
    return figures(right, sum(count * (count - 1) // 2 for count in files.values()) - right, all_true)


def measure(name: str, records: Records) -> bool:
    """Print the figures of one file; tell whether nothing was merged wrongly unseen."""
    start = time.process_time()
    persons = Counter(person for person, _profile in records)
    all_true = sum(count * (count - 1) // 2 for count in persons.values())
    share = shares(records)
    scored: list[tuple[float, bool, bool]] = []
    pairs: dict[tuple[int, int], float] = {}
    for one, other in candidates(records):
        evidence = matching.compare(records[one][1], records[other][1], share=share)
        is_true = records[one][0] == records[other][0]
        pairs[one, other] = matching.score(evidence)
        scored.append((pairs[one, other], is_true, matching.agree_in_full(evidence)))
    kept = sum(is_true for _score, is_true, _agrees in scored)
    print(f"\n{name}: {len(records)} records, {len(persons)} persons, {all_true} true pairs")
    print(f"  blocking     {len(scored)} pairs compared, recall {kept / all_true:.4f}")
    print("                          precision   recall       F1")
    agreed = [is_true for _score, is_true, agrees in scored if agrees]
    print(f"  without a person      {figures(sum(agreed), len(agreed) - sum(agreed), all_true)}")
    for threshold in THRESHOLDS:
        above = [is_true for score, is_true, _agrees in scored if score >= threshold]
        print(f"  queue, {threshold:2d} bits or more {figures(sum(above), len(above) - sum(above), all_true)}")
    for threshold in JOINED:
        merged = [pair for pair, score in pairs.items() if score >= threshold]
        print(f"  all joined from {threshold:2d} bits  {joined(merged, records, all_true)}")
    print(f"  {time.process_time() - start:.1f} s of CPU")
    return all(agreed)


def main(folder: str | None = None) -> bool | None:
    """Measure every known file of the folder; ``None`` when there is no data to measure."""
    place = folder or os.environ.get(VARIABLE)
    if not place:
        print(f"identity matching: no data (give a folder, or set {VARIABLE})")
        return None
    print(f"Python {platform.python_version()}")
    readers = {"fake_1000.csv": fake_1000, "febrl3.csv": febrl3}
    return all(
        measure(name, reader(Path(place) / name))
        for name, reader in list(readers.items())
        if (Path(place) / name).exists()
    )


if __name__ == "__main__":
    sys.exit(1 if main(*sys.argv[1:2]) is False else 0)
