// SPDX-License-Identifier: Apache-2.0

#ifndef COUNTERSIGN_CAUDIT_H
#define COUNTERSIGN_CAUDIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Whether this processor has instructions for CRC-32C (x86-64 with SSE 4.2, 64-bit ARM with the CRC extension).
bool countersign_crc32c_is_available(void);

/// How many bytes each of three streams takes in one step of countersign_crc32c_update.
enum { countersign_crc32c_lane = 256 };

/// Continues a checksum by the processor's instructions; call it only where they are available.
///
/// @param crc The inverted checksum so far, 0xFFFFFFFF at the start.
/// @param advance Four tables of 256 words, one for each byte of a checksum: what countersign_crc32c_lane zero bytes
///     make of it. NULL takes the bytes one stream only.
uint32_t countersign_crc32c_update(uint32_t crc, const void *bytes, size_t count, const uint32_t *advance);

/// Whether this processor has the instructions that countersign_base64 is made of (x86-64 with SSSE3).
bool countersign_base64_is_available(void);

/// Writes the base 64 digits of some bytes, without padding; call it only where it is available.
///
/// The time does not depend on the bytes.
///
/// @param last_digits The digits of the values 62 and 63.
/// @param digits Room for the digits: four for three bytes, and one more than the bytes of an unfinished three.
/// @return How many digits were written.
size_t countersign_base64(const void *bytes, size_t count, const char last_digits[2], void *digits);

/// Lets two names of a file system change places at once (Linux: renameat2 with RENAME_EXCHANGE).
///
/// @return 0, or the errno of the failure: ENOENT if a name is not there, EINVAL or ENOSYS where it cannot be done.
int countersign_exchange(const char *first, const char *second);

/// Lets the calling thread have its share of the processor without taking it from others when it wakes up (Linux:
/// SCHED_BATCH).
///
/// @return 0, or the errno of the failure; the thread then stays as it is.
int countersign_run_in_background(void);

/// Lets the calling thread have the processor when hardly anybody else wants it (Linux: SCHED_IDLE).
///
/// @return 0, or the errno of the failure; the thread then stays as it is.
int countersign_run_when_idle(void);

#endif
