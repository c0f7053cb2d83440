"""Pure Python: money, quantities, periods, ids, the clock, apportioning and problems."""
