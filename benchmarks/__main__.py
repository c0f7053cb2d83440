"""Run the benchmarks by name, or all: `python -m benchmarks [NAME]`. Exit code 1 when one says its goal is missed."""

import sys

from benchmarks import start
from benchmarks.load import __main__ as load
from benchmarks.paths import (
    console_pages,
    cross_sell,
    growth,
    import_files,
    import_members,
    live_stock,
    mall_pages,
    order_path,
    price_batch,
    price_chain,
    shop_page,
    till_screen,
)

# `python -m benchmarks.paths.identity_matching FOLDER` stands alone: it needs the labelled files.
BENCHMARKS = {
    "start": start.run,
    "price-chain": price_chain.main,
    "price-batch": price_batch.main,
    "order-path": order_path.main,
    "shop-page": shop_page.main,
    "load": load.main,
    "live-stock": live_stock.main,
    "growth": growth.main,
    "import-members": import_members.main,
    "import-files": import_files.main,
    "console-pages": console_pages.main,
    "mall-pages": mall_pages.main,
    "till-screen": till_screen.main,
    "cross-sell": cross_sell.main,
}


def main(names: list[str]) -> int:
    """Run them one after another, so that none disturbs the other."""
    unknown = set(names) - set(BENCHMARKS)
    if unknown:
        print(f"no such benchmark: {', '.join(sorted(unknown))}; there are: {', '.join(BENCHMARKS)}")
        return 2
    reached = [BENCHMARKS[name]() for name in names or BENCHMARKS]
    return 1 if False in reached else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
