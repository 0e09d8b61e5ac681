# SPDX-License-Identifier: Apache-2.0
"""Looks for words in records without being taken in by what is random there."""
import re


def mentioned(words, value):
    """The words that any text or key of the value has. A word counts where no letter, digit, `-` or `_` is beside it:
    hashes, keys and identifiers in hexadecimal or base64url have every short word in them once in a while."""
    texts = list(_texts(value))
    return [word for word in words if any(re.search(r"(?<![\w-])%s(?![\w-])" % re.escape(word), text) for text in texts)]


def _texts(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, part in value.items():
            yield name
            yield from _texts(part)
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from _texts(part)
    elif value is not None and not isinstance(value, bool):
        yield str(value)
