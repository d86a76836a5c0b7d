"""``python -m integration_tests.analytics.picture`` writes ``docs/report.png``.

It is the beginning of the report of the local tenant that `docs/analytics.md` describes.
"""

from __future__ import annotations

import base64
import tempfile
from pathlib import Path

from integration_tests.analytics.browser import Tab, in_browser
from integration_tests.analytics.warehouses import PAGE, documented, report

WIDTH, HEIGHT = 1200, 1330


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        database = documented(folder)
        page = folder / "recruiting.html"
        done = report(database, page)
        if done.returncode:
            raise SystemExit(done.stderr)
        # The page names the folder of its warehouse, which is another one each time.
        text = page.read_text(encoding="utf-8").replace(
            database.address, Path(database.address).name
        )
        page.write_text(text, encoding="utf-8")

        async def take(tab: Tab) -> None:
            await tab.show(page.as_uri(), WIDTH, "light")
            clip = {"x": 0, "y": 0, "width": WIDTH, "height": HEIGHT, "scale": 1}
            shown = await tab.ask("Page.captureScreenshot", captureBeyondViewport=True, clip=clip)
            PAGE.with_name("report.png").write_bytes(base64.b64decode(shown["data"]))

        in_browser(take, folder / "profile")


if __name__ == "__main__":
    main()
