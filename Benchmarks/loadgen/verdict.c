// SPDX-License-Identifier: Apache-2.0
#include "verdict.h"

#include <string.h>

enum { FIELD_FAULT = 5, FIELD_VARIABLES = 15, VALUE_STRING = 3, VALUE_BOOL = 4 };

// A protobuf field as it lies in the message.
struct field {
    uint32_t number;
    uint8_t wire;
    uint64_t integer;
    const uint8_t *bytes;
    size_t length;
};

struct cursor {
    const uint8_t *at, *end;
    bool broken;
};

static uint64_t read_varint(struct cursor *c) {
    uint64_t value = 0;
    for (int shift = 0; shift < 64 && c->at < c->end; shift += 7) {
        uint8_t byte = *c->at++;
        value |= (uint64_t)(byte & 127) << shift;
        if (byte < 128) return value;
    }
    c->broken = true;
    return 0;
}

static bool next(struct cursor *c, struct field *f) {
    if (c->broken || c->at >= c->end) return false;
    uint64_t tag = read_varint(c);
    *f = (struct field){.number = (uint32_t)(tag >> 3), .wire = tag & 7};
    switch (f->wire) {
    case 0:
        f->integer = read_varint(c);
        break;
    case 1:
        f->length = 8;
        break;
    case 2: {
        uint64_t length = read_varint(c);
        if (c->broken || length > (uint64_t)(c->end - c->at)) {
            c->broken = true;
            return false;
        }
        f->length = (size_t)length;
        break;
    }
    case 5:
        f->length = 4;
        break;
    default:
        c->broken = true;
    }
    if (c->broken || f->length > (size_t)(c->end - c->at)) {
        c->broken = true;
        return false;
    }
    f->bytes = c->at;
    c->at += f->length;
    return true;
}

static bool is_named(struct field key, const char *name) {
    return key.length == strlen(name) && memcmp(key.bytes, name, key.length) == 0;
}

static void read_variable(struct field entry, struct verdict *v) {
    struct cursor c = {entry.bytes, entry.bytes + entry.length, false};
    struct field f, key = {0}, value = {0}, leaf = {0};
    while (next(&c, &f)) {
        if (f.number == 1 && f.wire == 2) key = f;
        if (f.number == 2 && f.wire == 2) value = f;
    }
    struct cursor inner = {value.bytes, value.bytes == NULL ? NULL : value.bytes + value.length, false};
    while (next(&inner, &f)) leaf = f;
    if (c.broken || inner.broken) v->readable = false;
    if (key.bytes == NULL) return;
    if (is_named(key, "countersign.allow") && leaf.number == VALUE_BOOL && leaf.wire == 0) {
        v->has_allow = true;
        v->allow = leaf.integer != 0;
    }
    if (leaf.number != VALUE_STRING || leaf.wire != 2) return;
    const char *text = (const char *)leaf.bytes;
    if (is_named(key, "countersign.verdict")) v->verdict = text, v->verdict_length = leaf.length;
    if (is_named(key, "countersign.reason")) v->reason = text, v->reason_length = leaf.length;
    if (is_named(key, "countersign.decision")) v->decision = text, v->decision_length = leaf.length;
}

struct verdict verdict_read(const uint8_t *answer, size_t length) {
    struct verdict v = {0};
    if (length < 5 || answer[0] != 0) return v;
    size_t announced = (size_t)answer[1] << 24 | (size_t)answer[2] << 16 | (size_t)answer[3] << 8 | answer[4];
    if (announced != length - 5) return v;
    v.readable = true;
    struct cursor c = {answer + 5, answer + length, false};
    struct field f;
    while (next(&c, &f)) {
        if (f.number == FIELD_FAULT && f.wire == 2) v.fault = true;
        if (f.number == FIELD_VARIABLES && f.wire == 2) read_variable(f, &v);
    }
    if (c.broken) v.readable = false;
    return v;
}
