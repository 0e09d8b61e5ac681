// SPDX-License-Identifier: Apache-2.0

#include "CAudit.h"

#if defined(__x86_64__)

#include <cpuid.h>
#include <string.h>
#include <tmmintrin.h>

bool countersign_base64_is_available(void) {
    unsigned int a = 0, b = 0, c = 0, d = 0;
    return __get_cpuid(1, &a, &b, &c, &d) != 0 && (c & bit_SSSE3) != 0;
}

/// The sixteen digits of twelve bytes; sixteen are loaded.
__attribute__((target("ssse3")))
static inline __m128i sixteen_digits(const void *bytes, __m128i offsets) {
    // Each 32-bit lane gets the three bytes of four digits, the middle one twice: b a c b from the lowest byte up.
    const __m128i spread = _mm_setr_epi8(1, 0, 2, 1, 4, 3, 5, 4, 7, 6, 8, 7, 10, 9, 11, 10);
    const __m128i lanes = _mm_shuffle_epi8(_mm_loadu_si128(bytes), spread);
    // In the low half of a lane, b a: digit 0 is bits 10...15, digit 1 bits 4...9; in the high half, c b: digit 2 is
    // bits 6...11, digit 3 bits 0...5. Multiplying by powers of two shifts each half by its own distance.
    const __m128i even = _mm_mulhi_epu16(
        _mm_and_si128(lanes, _mm_set1_epi32(0x0FC0FC00)), _mm_set1_epi32(0x04000040));
    const __m128i odd = _mm_mullo_epi16(
        _mm_and_si128(lanes, _mm_set1_epi32(0x003F03F0)), _mm_set1_epi32(0x01000010));
    const __m128i values = _mm_or_si128(even, odd);
    const __m128i is_capital = _mm_cmpgt_epi8(_mm_set1_epi8(26), values);
    const __m128i range =
        _mm_or_si128(_mm_subs_epu8(values, _mm_set1_epi8(51)), _mm_and_si128(is_capital, _mm_set1_epi8(13)));
    return _mm_add_epi8(values, _mm_shuffle_epi8(offsets, range));
}

__attribute__((target("ssse3")))
size_t countersign_base64(const void *bytes, size_t count, const char last_digits[2], void *digits) {
    const unsigned char *input = bytes;
    unsigned char *output = digits;
    // What is added to a value, by its range: 0 for 26...51, 1...10 for the digits, 11 and 12 for the last two, 13
    // for the capital letters.
    const __m128i offsets = _mm_setr_epi8(
        'a' - 26, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52,
        (char)(last_digits[0] - 62), (char)(last_digits[1] - 63), 'A', 0, 0);
    size_t done = 0;
    for (; done + 16 <= count; done += 12, output += 16)
        _mm_storeu_si128((__m128i *)output, sixteen_digits(input + done, offsets));
    // The rest, at most fifteen bytes, in memory of its own with zeroes behind it.
    const size_t rest = count - done;
    const size_t rest_digits = rest / 3 * 4 + (rest % 3 == 0 ? 0 : rest % 3 + 1);
    if (rest > 0) {
        unsigned char last[32] = {0}, encoded[32];
        memcpy(last, input + done, rest);
        _mm_storeu_si128((__m128i *)encoded, sixteen_digits(last, offsets));
        _mm_storeu_si128((__m128i *)(encoded + 16), sixteen_digits(last + 12, offsets));
        memcpy(output, encoded, rest_digits);
    }
    return (size_t)(output - (unsigned char *)digits) + rest_digits;
}

#else

bool countersign_base64_is_available(void) { return false; }

size_t countersign_base64(const void *bytes, size_t count, const char last_digits[2], void *digits) {
    (void)bytes, (void)count, (void)last_digits, (void)digits;
    return 0;
}

#endif
