// SPDX-License-Identifier: Apache-2.0

#define _GNU_SOURCE

#include "CAudit.h"

#include <errno.h>

#if defined(__linux__)

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

// RENAME_EXCHANGE of the kernel's interface; not every C library names it.
enum { exchange_flag = 1 << 1 };

int countersign_exchange(const char *first, const char *second) {
    return syscall(SYS_renameat2, AT_FDCWD, first, AT_FDCWD, second, exchange_flag) == 0 ? 0 : errno;
}

#else

int countersign_exchange(const char *first, const char *second) {
    (void)first, (void)second;
    return ENOSYS;
}

#endif
