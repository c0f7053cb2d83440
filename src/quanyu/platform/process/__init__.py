"""Child processes: start them so that they do not outlive us, watch them, stop them in order."""
