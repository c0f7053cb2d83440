"""Payment providers: one `Gateway` contract, spoken by WeChat Pay and Alipay.

Nothing here knows Django or the database. The caller persists the out number
before it calls, and decides what a result means for its own books.
"""
