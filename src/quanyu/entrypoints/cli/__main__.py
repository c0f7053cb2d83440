"""`python -m quanyu.entrypoints.cli` is `quanyu`, also where the script is not on the path."""

from quanyu.entrypoints.cli.menu import main

if __name__ == "__main__":
    main()
