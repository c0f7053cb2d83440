"""`make pos`: build the till of frontend/web where its sources changed, with progress.

It goes into the package (``quanyu/entrypoints/faces/pos``) and is served at ``/pos/``.
"""

from __future__ import annotations

import sys

from tools.faces.web import App, main

if __name__ == "__main__":
    sys.exit(main(App("pos", "till"), about=__doc__))
