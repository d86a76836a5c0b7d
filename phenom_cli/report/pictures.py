"""Draws pictures: reads Vega-Lite descriptions as JSON on stdin, writes a list of SVG on stdout.

It runs in the environment that has the plotting library, as a script without this package.
"""

from __future__ import annotations

import json
import sys

import vl_convert


def main() -> None:
    descriptions = json.load(sys.stdin)
    json.dump([vl_convert.vegalite_to_svg(each) for each in descriptions], sys.stdout)


if __name__ == "__main__":
    main()
