"""Counts o200k tokens with the tokenizer of the npm package gpt-tokenizer."""

import json
import subprocess
from collections.abc import Sequence

from tests.conformance.packages import find_node

_VERSION = "4.0.0"
_COUNT = """
const {encode} = require(process.argv[1]);
const texts = JSON.parse(require("fs").readFileSync(0, "utf8"));
console.log(JSON.stringify(texts.map(text => encode(text).length)));
"""


def count(texts: Sequence[str]) -> list[int]:
    """Tokens of each text.

    Raises:
        Unavailable: Neither Node nor the package can be had.
    """
    node, script = find_node().script("gpt-tokenizer", _VERSION, "cjs/encoding/o200k_base.js")
    done = subprocess.run(
        [node, "-e", _COUNT, script],
        input=json.dumps(texts),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return json.loads(done.stdout)
