// SPDX-License-Identifier: Apache-2.0

// The least processor time that recording a decision takes: what the form of the log prescribes, done once over memory
// that is ready, in C, and nothing else. No record is made, no answer released, nobody waited for.
//
// floor DIRECTORY LEAF DISCLOSURES BLOCKS BATCH: bytes of a leaf and of its disclosures, SHA-256 blocks of a record
// (commitments, digest of the input, leaf, tree) and records of a batch. Prints JSON: microseconds a record.

#define _GNU_SOURCE

#include <fcntl.h>
#include <nettle/sha2.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BLOCK = 4096, BUNDLE = 256, BUNDLES = 320, STAGED = 16, SEGMENT = 64 << 20 };

static double processor_time(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6
        + (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

static void need(int holds, const char *what) {
    if (!holds) {
        perror(what);
        exit(1);
    }
}

static uint8_t *pages(size_t size) {
    void *memory = NULL;
    need(posix_memalign(&memory, BLOCK, size) == 0, "memory");
    memset(memory, 0x5A, size);
    return memory;
}

static size_t whole(size_t size) { return (size + BLOCK - 1) / BLOCK * BLOCK; }

static void write_all(int file, const uint8_t *bytes, size_t size, off_t offset) {
    need(pwrite(file, bytes, size, offset) == (ssize_t)size, "write");
}

static void hash(uint8_t *memory, long records, long blocks) {
    for (long i = 0; i < records; i++) {
        struct sha256_ctx context;
        uint8_t digest[SHA256_DIGEST_SIZE];
        sha256_init(&context);
        // With its padding a message of this length fills the blocks.
        sha256_update(&context, (size_t)blocks * 64 - 9, memory);
        sha256_digest(&context, sizeof digest, digest);
        memory[0] ^= digest[0];
    }
}

static void write_segment(const uint8_t *memory, long records, long batch, size_t record) {
    size_t size = whole((size_t)batch * record);
    int file = open("segment", O_RDWR | O_CREAT | O_DIRECT, 0600);
    need(file >= 0, "segment");
    off_t offset = 0;
    for (long i = 0; i < records; i += batch) {
        if (offset + (off_t)size > SEGMENT) offset = 0;
        write_all(file, memory, size, offset);
        need(fdatasync(file) == 0, "fdatasync");
        offset += (off_t)size;
    }
    close(file);
}

static void make_segment(const uint8_t *memory) {
    int file = open("segment", O_RDWR | O_CREAT | O_DIRECT, 0600);
    need(file >= 0, "segment");
    for (off_t offset = 0; offset < SEGMENT; offset += 1 << 20) write_all(file, memory, 1 << 20, offset);
    need(fsync(file) == 0, "fsync");
    close(file);
}

// A tile, a bundle and its disclosures: written under other names, synced together, renamed.
static void write_tree(const uint8_t *memory, size_t leaf, size_t disclosures) {
    size_t sizes[3] = {BUNDLE * 32, BUNDLE * leaf / BLOCK * BLOCK, BUNDLE * disclosures / BLOCK * BLOCK};
    int files[3 * STAGED];
    char name[64], target[64];
    for (int bundle = 0; bundle < BUNDLES; bundle += STAGED) {
        for (int i = 0; i < 3 * STAGED; i++) {
            snprintf(name, sizeof name, "tree/%d.tmp", bundle * 3 + i);
            files[i] = open(name, O_RDWR | O_CREAT | O_TRUNC | (i % 3 ? O_DIRECT : 0), 0600);
            need(files[i] >= 0, name);
            write_all(files[i], memory, sizes[i % 3], 0);
        }
        for (int i = 0; i < 3 * STAGED; i++) need(fdatasync(files[i]) == 0, "fdatasync");
        for (int i = 0; i < 3 * STAGED; i++) {
            snprintf(name, sizeof name, "tree/%d.tmp", bundle * 3 + i);
            snprintf(target, sizeof target, "tree/%d", bundle * 3 + i);
            need(rename(name, target) == 0, "rename");
            close(files[i]);
        }
    }
}

int main(int count, char **arguments) {
    if (count != 6) {
        fprintf(stderr, "usage: floor DIRECTORY LEAF DISCLOSURES BLOCKS BATCH\n");
        return 2;
    }
    need(chdir(arguments[1]) == 0, arguments[1]);
    size_t leaf = strtoul(arguments[2], NULL, 10), disclosures = strtoul(arguments[3], NULL, 10);
    long blocks = strtol(arguments[4], NULL, 10), batch = strtol(arguments[5], NULL, 10);
    long records = (long)BUNDLE * BUNDLES;
    size_t most = whole(BUNDLE * (leaf + disclosures)) + (1 << 20);
    if (batch < 1 || (size_t)batch > BUNDLE || blocks < 1 || (size_t)blocks * 64 > most) return 2;
    uint8_t *memory = pages(most);
    make_segment(memory);
    need(mkdir("tree", 0700) == 0, "tree");
    double start = processor_time();
    hash(memory, records, blocks);
    double hashed = processor_time();
    write_segment(memory, records, batch, leaf + disclosures);
    double recorded = processor_time();
    write_tree(memory, leaf, disclosures);
    double written = processor_time();
    printf("{\"hashing\": %.2f, \"segment\": %.2f, \"tree\": %.2f}\n", (hashed - start) / (double)records,
           (recorded - hashed) / (double)records, (written - recorded) / (double)records);
    return 0;
}
