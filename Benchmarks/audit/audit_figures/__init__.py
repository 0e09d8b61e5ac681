# SPDX-License-Identifier: Apache-2.0
"""The measurements of Benchmarks/audit/run."""
