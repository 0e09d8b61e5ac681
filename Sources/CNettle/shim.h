// SPDX-License-Identifier: Apache-2.0
#include <nettle/sha2.h>
#include <stddef.h>
#include <stdint.h>

// SHA-256 (FIPS 180-4) of two pieces of memory, one after the other; either may be empty. Takes no memory but the stack.
static inline void countersign_sha256(
    const void *_Nullable first, size_t first_count, const void *_Nullable second, size_t second_count,
    uint8_t digest[_Nonnull SHA256_DIGEST_SIZE])
{
    struct sha256_ctx context;
    sha256_init(&context);
    if (first_count > 0) sha256_update(&context, first_count, (const uint8_t *)first);
    if (second_count > 0) sha256_update(&context, second_count, (const uint8_t *)second);
    sha256_digest(&context, SHA256_DIGEST_SIZE, digest);
}
