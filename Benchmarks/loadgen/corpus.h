// SPDX-License-Identifier: Apache-2.0
#ifndef CORPUS_H
#define CORPUS_H

#include <stddef.h>
#include <stdint.h>

// One call to make: the framed message and the verdict that must come back.
struct call {
    const uint8_t *message;  // gRPC frame: five bytes of prefix, then the message
    size_t length;
    const char *reason;      // expected reason code, not terminated
    uint8_t reason_length;
    uint8_t allow;
};

struct corpus {
    struct call *calls;
    size_t count;
};

// Maps a corpus file. Ends the process with a message when the file is not one.
struct corpus corpus_open(const char *path);

#endif
