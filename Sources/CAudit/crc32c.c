// SPDX-License-Identifier: Apache-2.0

#include "CAudit.h"

#include <string.h>

#if defined(__x86_64__)

#include <cpuid.h>
#include <nmmintrin.h>

#define HAS_CRC32C_CODE 1
#define CRC32C_TARGET __attribute__((target("sse4.2")))
#define CRC32C_WORD(crc, word) ((uint32_t)_mm_crc32_u64((crc), (word)))
#define CRC32C_BYTE(crc, byte) _mm_crc32_u8((crc), (byte))

bool countersign_crc32c_is_available(void) {
    unsigned int a = 0, b = 0, c = 0, d = 0;
    return __get_cpuid(1, &a, &b, &c, &d) != 0 && (c & bit_SSE4_2) != 0;
}

#elif defined(__aarch64__) && defined(__linux__) && defined(__AARCH64EL__)

#include <arm_acle.h>
#include <sys/auxv.h>

#define HAS_CRC32C_CODE 1
#define CRC32C_TARGET __attribute__((target("crc")))
#define CRC32C_WORD(crc, word) __crc32cd((crc), (word))
#define CRC32C_BYTE(crc, byte) __crc32cb((crc), (byte))

// HWCAP_CRC32 of the kernel's interface.
bool countersign_crc32c_is_available(void) { return (getauxval(AT_HWCAP) & (1UL << 7)) != 0; }

#else

bool countersign_crc32c_is_available(void) { return false; }

#endif

#ifdef HAS_CRC32C_CODE

static uint64_t word_at(const unsigned char *bytes) {
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    return word;
}

static uint32_t advanced(uint32_t crc, const uint32_t *advance) {
    return advance[crc & 0xFF] ^ advance[256 + (crc >> 8 & 0xFF)] ^ advance[512 + (crc >> 16 & 0xFF)]
        ^ advance[768 + (crc >> 24)];
}

CRC32C_TARGET
uint32_t countersign_crc32c_update(uint32_t crc, const void *bytes, size_t count, const uint32_t *advance) {
    const unsigned char *next = bytes;
    const size_t lane = countersign_crc32c_lane;
    // The instruction takes three cycles but one can start each cycle: three streams keep it busy.
    while (advance != NULL && count >= 3 * lane) {
        uint32_t second = 0, third = 0;
        for (size_t offset = 0; offset < lane; offset += 8) {
            crc = CRC32C_WORD(crc, word_at(next + offset));
            second = CRC32C_WORD(second, word_at(next + lane + offset));
            third = CRC32C_WORD(third, word_at(next + 2 * lane + offset));
        }
        crc = advanced(advanced(crc, advance) ^ second, advance) ^ third;
        next += 3 * lane;
        count -= 3 * lane;
    }
    for (; count >= 8; next += 8, count -= 8) crc = CRC32C_WORD(crc, word_at(next));
    for (; count > 0; next++, count--) crc = CRC32C_BYTE(crc, *next);
    return crc;
}

#else

uint32_t countersign_crc32c_update(uint32_t crc, const void *bytes, size_t count, const uint32_t *advance) {
    (void)bytes, (void)count, (void)advance;
    return crc;
}

#endif
