"""`make kiosk`: build the screen that stands in stores (frontend/web), where its sources changed, with progress.

It goes into the package (``quanyu/entrypoints/faces/kiosk``) and is served at ``/kiosk/``.
"""

from __future__ import annotations

import sys

from tools.faces.web import App, main

if __name__ == "__main__":
    sys.exit(main(App("kiosk", "kiosk"), about=__doc__))
