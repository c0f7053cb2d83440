"""What a shopper reads: batches of SQL over the doors of lower modules."""
