// SPDX-License-Identifier: Apache-2.0

// Preloaded, this makes a disk that does not answer: writes and syncs wait while the file that COUNTERSIGN_STALL_FILE
// names is there.

#define _GNU_SOURCE

#include <dlfcn.h>
#include <stdlib.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static void wait_for_disk(void) {
    const char *file = getenv("COUNTERSIGN_STALL_FILE");
    while (file != NULL && access(file, F_OK) == 0) {
        usleep(2000);
    }
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

int fdatasync(int file) {
    wait_for_disk();
    return NEXT(fdatasync)(file);
}

int fsync(int file) {
    wait_for_disk();
    return NEXT(fsync)(file);
}

ssize_t pwrite(int file, const void *bytes, size_t count, off_t offset) {
    wait_for_disk();
    return NEXT(pwrite)(file, bytes, count, offset);
}

ssize_t pwrite64(int file, const void *bytes, size_t count, off64_t offset) {
    wait_for_disk();
    return NEXT(pwrite64)(file, bytes, count, offset);
}

ssize_t pwritev(int file, const struct iovec *parts, int count, off_t offset) {
    wait_for_disk();
    return NEXT(pwritev)(file, parts, count, offset);
}

ssize_t pwritev64(int file, const struct iovec *parts, int count, off64_t offset) {
    wait_for_disk();
    return NEXT(pwritev64)(file, parts, count, offset);
}
