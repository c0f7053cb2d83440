"""What building any front end needs: node, installed packages, stamps, and where the server takes it from."""
