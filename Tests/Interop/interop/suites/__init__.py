# SPDX-License-Identifier: Apache-2.0
"""One module a suite; each has `run(binary, report, options)`."""
