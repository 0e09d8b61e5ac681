// SPDX-License-Identifier: Apache-2.0

#define _GNU_SOURCE

#include "CAudit.h"

#include <errno.h>
#include <sched.h>

#if defined(__linux__)
static int schedule(int policy) {
    struct sched_param parameters = {0};
    return sched_setscheduler(0, policy, &parameters) == 0 ? 0 : errno;
}

int countersign_run_in_background(void) { return schedule(SCHED_BATCH); }

int countersign_run_when_idle(void) { return schedule(SCHED_IDLE); }
#else
int countersign_run_in_background(void) { return ENOSYS; }

int countersign_run_when_idle(void) { return ENOSYS; }
#endif
