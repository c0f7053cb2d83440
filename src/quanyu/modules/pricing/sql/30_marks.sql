-- Price books and prices are kept in memory (queries/kept.py); see platform/marks.py.
SELECT platform_watch('pricing.book', 'pricing_price_book');
SELECT platform_watch('pricing.price', 'pricing_price');
