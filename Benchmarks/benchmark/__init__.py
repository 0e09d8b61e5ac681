# SPDX-License-Identifier: Apache-2.0
"""Measures Countersign beside its peers; see ../run."""
