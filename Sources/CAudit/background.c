// SPDX-License-Identifier: Apache-2.0

#define _GNU_SOURCE

#include "CAudit.h"

#include <errno.h>
#include <sched.h>

int countersign_run_in_background(void) {
#if defined(__linux__)
    struct sched_param parameters = {0};
    return sched_setscheduler(0, SCHED_BATCH, &parameters) == 0 ? 0 : errno;
#else
    return ENOSYS;
#endif
}
