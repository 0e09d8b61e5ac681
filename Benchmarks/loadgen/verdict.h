// SPDX-License-Identifier: Apache-2.0
#ifndef VERDICT_H
#define VERDICT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// What an answer of ProcessMessage said, as Apigee would see it.
struct verdict {
    bool readable;      // the bytes are one uncompressed gRPC frame holding a well-formed MessageContext
    bool fault;         // a fault was raised
    bool has_allow;     // countersign.allow is there, as a bool
    bool allow;
    const char *verdict, *reason, *decision;  // not terminated; NULL when absent
    size_t verdict_length, reason_length, decision_length;
};

struct verdict verdict_read(const uint8_t *answer, size_t length);

#endif
