# SPDX-License-Identifier: Apache-2.0
"""Drives a running Countersign binary from outside, with clients that are not ours; see ../run."""
