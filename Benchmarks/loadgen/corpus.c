// SPDX-License-Identifier: Apache-2.0
#include "corpus.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

// File: "CSB1", u32 count, then per call: u8 allow, u8 length and bytes of the reason, u32 length and bytes of the
// frame. Integers are little-endian.

static void refuse(const char *path, const char *problem) {
    fprintf(stderr, "loadgen: corpus `%s`: %s\n", path, problem);
    exit(2);
}

static uint32_t read_u32(const uint8_t *p) {
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

struct corpus corpus_open(const char *path) {
    int file = open(path, O_RDONLY);
    struct stat info;
    if (file < 0 || fstat(file, &info) != 0) refuse(path, "cannot be opened");
    size_t size = (size_t)info.st_size;
    if (size < 8) refuse(path, "is too short");
    const uint8_t *bytes = mmap(NULL, size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, file, 0);
    close(file);
    if (bytes == MAP_FAILED) refuse(path, "cannot be mapped");
    if (memcmp(bytes, "CSB1", 4) != 0) refuse(path, "does not start with CSB1");

    struct corpus corpus = {.count = read_u32(bytes + 4)};
    corpus.calls = calloc(corpus.count, sizeof *corpus.calls);
    if (corpus.count == 0 || corpus.calls == NULL) refuse(path, "holds no call");
    size_t at = 8;
    for (size_t i = 0; i < corpus.count; i++) {
        struct call *call = &corpus.calls[i];
        if (size - at < 2) refuse(path, "ends early");
        call->allow = bytes[at];
        call->reason_length = bytes[at + 1];
        at += 2;
        if (size - at < (size_t)call->reason_length + 4) refuse(path, "ends early");
        call->reason = (const char *)bytes + at;
        at += call->reason_length;
        call->length = read_u32(bytes + at);
        at += 4;
        if (size - at < call->length) refuse(path, "ends early");
        call->message = bytes + at;
        at += call->length;
    }
    return corpus;
}
