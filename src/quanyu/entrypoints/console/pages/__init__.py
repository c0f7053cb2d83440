"""Pages of the console that belong to no single table: audit trail, integrity, jobs, exports, imports, settings."""

from __future__ import annotations


def register() -> None:
    """Put the pages and their tiles on the site, once the apps are ready."""
    from quanyu.entrypoints.console import order_stream
    from quanyu.entrypoints.console.pages import (
        audit_trail,
        events_and_jobs,
        exports_page,
        feature_stages,
        files_page,
        integrity,
        order_cards,
        order_print,
        settings_page,
        stock_links,
    )
    from quanyu.platform.console import registry

    for page in (
        audit_trail.PAGE,
        events_and_jobs.PAGE,
        exports_page.PAGE,
        files_page.PAGE,
        feature_stages.PAGE,
        integrity.PAGE,
        order_print.PAGE,
        settings_page.PAGE,
        order_stream.STREAM_PAGE,
        order_stream.FIGURES_PAGE,
    ):
        registry.add_page(page)
    registry.offer_on_lists(exports_page.DEED, exports_page.deed_for)
    for tile in events_and_jobs.TILES:
        registry.add_tile(tile)
    registry.hang_cards(order_cards.PLACE, order_cards.cards)
    stock_links.register()
