// SPDX-License-Identifier: Apache-2.0
//
// Unary gRPC load over plaintext HTTP/2 on loopback: closed loop (connections x streams) or open loop (Poisson
// arrivals, latency counted from the scheduled time). Every answer's verdict is compared with the expected one.
// Prints one JSON object.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <math.h>
#include <netinet/tcp.h>
#include <nghttp2/nghttp2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "corpus.h"
#include "verdict.h"

enum check { CHECK_VERDICT, CHECK_ECHO, CHECK_STATUS };

struct connection {
    int socket;
    nghttp2_session *session;
    uint8_t *out;
    size_t out_length, out_capacity;
    size_t open;
    bool wants_out;
    char last_decision[64];
    size_t last_decision_length;
};

struct exchange {
    double start;  // seconds; in the open loop the scheduled time
    const struct call *call;
    size_t sent;
    bool ok_status, ok_grpc;
    uint8_t *answer;
    size_t answer_length, answer_capacity;
    struct exchange *next_free;
};

static struct {
    int port, connections, streams;
    const char *path, *corpus;
    double warmup, seconds, rate;
    size_t requests;  // stop after so many calls, 0: by time
    pid_t pid;
    enum check check;
} options = {.port = 0, .connections = 10, .streams = 10, .path = "/", .warmup = 1, .seconds = 3};

static struct corpus corpus;
static size_t next_call, sent, done, failed, wrong;
static bool measuring, stopping;
static size_t measured;
static double *latencies;
static size_t latency_capacity;
static struct exchange *free_exchanges;
static char first_problem[200];

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void die(const char *what) {
    fprintf(stderr, "loadgen: %s: %s\n", what, strerror(errno));
    exit(2);
}

static double server_cpu(void) {
    clockid_t clock;
    struct timespec t;
    if (options.pid == 0) return 0;
    if (clock_getcpuclockid(options.pid, &clock) != 0 || clock_gettime(clock, &t) != 0) die("server's CPU clock");
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static struct exchange *take_exchange(void) {
    struct exchange *e = free_exchanges;
    if (e == NULL) {
        e = calloc(1, sizeof *e);
        if (e == NULL) die("memory");
        return e;
    }
    free_exchanges = e->next_free;
    e->sent = e->answer_length = 0;
    e->ok_status = e->ok_grpc = false;
    return e;
}

static void note(size_t *counter, const struct exchange *e, const char *problem) {
    ++*counter;
    if (first_problem[0] != 0) return;
    snprintf(first_problem, sizeof first_problem, "%s (expected %s %.*s, answer of %zu bytes)", problem,
             e->call->allow ? "allow" : "deny", e->call->reason_length, e->call->reason, e->answer_length);
}

static bool same(const char *a, size_t a_length, const char *b, size_t b_length) {
    return a != NULL && a_length == b_length && memcmp(a, b, a_length) == 0;
}

static void judge(struct connection *c, struct exchange *e, uint32_t error) {
    if (error != 0 || !e->ok_status || (options.check != CHECK_STATUS && !e->ok_grpc)) {
        note(&failed, e, error != 0 ? "stream was reset" : "status is not OK");
        return;
    }
    if (options.check == CHECK_STATUS) return;
    if (options.check == CHECK_ECHO) {
        if (e->answer_length != e->call->length) note(&wrong, e, "the echo has another length");
        return;
    }
    struct verdict v = verdict_read(e->answer, e->answer_length);
    const char *word = e->call->allow ? "allow" : "deny";
    if (!v.readable) note(&wrong, e, "the answer cannot be read");
    else if (v.fault) note(&wrong, e, "a fault was raised");
    else if (!v.has_allow || v.allow != (e->call->allow != 0) || !same(v.verdict, v.verdict_length, word, strlen(word)))
        note(&wrong, e, "wrong verdict");
    else if (!same(v.reason, v.reason_length, e->call->reason, e->call->reason_length))
        note(&wrong, e, "wrong reason");
    else if (v.decision == NULL || v.decision_length > sizeof c->last_decision
             || same(v.decision, v.decision_length, c->last_decision, c->last_decision_length))
        note(&wrong, e, "no decision id of its own");
    else {
        memcpy(c->last_decision, v.decision, v.decision_length);
        c->last_decision_length = v.decision_length;
    }
}

static void keep_latency(double seconds) {
    if (measured == latency_capacity) {
        latency_capacity = latency_capacity == 0 ? 1 << 20 : latency_capacity * 2;
        latencies = realloc(latencies, latency_capacity * sizeof *latencies);
        if (latencies == NULL) die("memory");
    }
    latencies[measured++] = seconds;
}

static ssize_t give_body(nghttp2_session *s, int32_t id, uint8_t *buffer, size_t size, uint32_t *flags,
                         nghttp2_data_source *source, void *user) {
    (void)s, (void)id, (void)user;
    struct exchange *e = source->ptr;
    size_t part = e->call->length - e->sent;
    if (part > size) part = size;
    memcpy(buffer, e->call->message + e->sent, part);
    e->sent += part;
    if (e->sent == e->call->length) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return (ssize_t)part;
}

static int on_header(nghttp2_session *s, const nghttp2_frame *frame, const uint8_t *name, size_t name_length,
                     const uint8_t *value, size_t value_length, uint8_t flags, void *user) {
    (void)flags, (void)user;
    struct exchange *e = nghttp2_session_get_stream_user_data(s, frame->hd.stream_id);
    if (e == NULL) return 0;
    if (same((const char *)name, name_length, ":status", 7))
        e->ok_status = same((const char *)value, value_length, "200", 3);
    if (same((const char *)name, name_length, "grpc-status", 11))
        e->ok_grpc = same((const char *)value, value_length, "0", 1);
    return 0;
}

static int on_data(nghttp2_session *s, uint8_t flags, int32_t id, const uint8_t *data, size_t length, void *user) {
    (void)flags, (void)user;
    struct exchange *e = nghttp2_session_get_stream_user_data(s, id);
    if (e == NULL) return 0;
    if (e->answer_length + length > e->answer_capacity) {
        e->answer_capacity = (e->answer_length + length) * 2;
        e->answer = realloc(e->answer, e->answer_capacity);
        if (e->answer == NULL) die("memory");
    }
    memcpy(e->answer + e->answer_length, data, length);
    e->answer_length += length;
    return 0;
}

static void start_call(struct connection *c, double start);

static int on_close(nghttp2_session *s, int32_t id, uint32_t error, void *user) {
    struct connection *c = user;
    struct exchange *e = nghttp2_session_get_stream_user_data(s, id);
    if (e == NULL) return 0;
    double t = now();
    judge(c, e, error);
    if (measuring) keep_latency(t - e->start);
    done++;
    c->open--;
    e->next_free = free_exchanges;
    free_exchanges = e;
    return 0;
}

static void start_call(struct connection *c, double start) {
    struct exchange *e = take_exchange();
    e->call = &corpus.calls[next_call];
    next_call = (next_call + 1) % corpus.count;
    e->start = start;
    char authority[32];
    int authority_length = snprintf(authority, sizeof authority, "127.0.0.1:%d", options.port);
    // A server that answers before it has read what it throws away counts the body as a flood (nginx) and hangs up.
    const int is_plain = options.check == CHECK_STATUS;
#define HEADER(n, v, l) {(uint8_t *)(n), (uint8_t *)(v), sizeof(n) - 1, (l), NGHTTP2_NV_FLAG_NO_COPY_NAME}
    nghttp2_nv headers[] = {
        HEADER(":method", is_plain ? "GET" : "POST", is_plain ? 3 : 4),
        HEADER(":scheme", "http", 4),
        HEADER(":path", options.path, strlen(options.path)),
        HEADER(":authority", authority, (size_t)authority_length),
        HEADER("content-type", "application/grpc", 16),
        HEADER("te", "trailers", 8),
        HEADER("user-agent", "countersign-loadgen", 19),
        HEADER("grpc-timeout", "5S", 2),
    };
    nghttp2_data_provider body = {.source.ptr = e, .read_callback = give_body};
    if (nghttp2_submit_request(c->session, NULL, headers, sizeof headers / sizeof *headers, is_plain ? NULL : &body, e) < 0) {
        fprintf(stderr, "loadgen: out of stream ids\n");
        exit(2);
    }
    sent++;
    c->open++;
}

static bool more_to_send(void) { return !stopping && (options.requests == 0 || sent < options.requests); }

static void fill(struct connection *c) {
    while (options.rate == 0 && c->open < (size_t)options.streams && more_to_send()) start_call(c, now());
}

static void flush(struct connection *c) {
    const uint8_t *part;
    ssize_t length;
    while ((length = nghttp2_session_mem_send(c->session, &part)) > 0) {
        if (c->out_length + (size_t)length > c->out_capacity) {
            c->out_capacity = (c->out_length + (size_t)length) * 2;
            c->out = realloc(c->out, c->out_capacity);
            if (c->out == NULL) die("memory");
        }
        memcpy(c->out + c->out_length, part, (size_t)length);
        c->out_length += (size_t)length;
    }
    size_t gone = 0;
    while (gone < c->out_length) {
        ssize_t n = send(c->socket, c->out + gone, c->out_length - gone, MSG_NOSIGNAL);
        if (n < 0 && errno == EAGAIN) break;
        if (n < 0) die("send");
        gone += (size_t)n;
    }
    memmove(c->out, c->out + gone, c->out_length - gone);
    c->out_length -= gone;
}

static void connect_all(struct connection *connections, int poll) {
    nghttp2_session_callbacks *callbacks;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)options.port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    for (int i = 0; i < options.connections; i++) {
        struct connection *c = &connections[i];
        int on = 1;
        c->socket = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(c->socket, (struct sockaddr *)&address, sizeof address) != 0) die("connect");
        setsockopt(c->socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        fcntl(c->socket, F_SETFL, O_NONBLOCK);
        nghttp2_session_client_new(&c->session, callbacks, c);
        nghttp2_settings_entry settings[] = {{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 1 << 20},
                                             {NGHTTP2_SETTINGS_ENABLE_PUSH, 0}};
        nghttp2_submit_settings(c->session, 0, settings, 2);
        nghttp2_session_set_local_window_size(c->session, 0, 0, 1 << 28);
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
        epoll_ctl(poll, EPOLL_CTL_ADD, c->socket, &event);
    }
    nghttp2_session_callbacks_del(callbacks);
}

static void serve(struct connection *c, int poll) {
    static uint8_t buffer[1 << 18];
    ssize_t n = recv(c->socket, buffer, sizeof buffer, 0);
    if (n == 0) {
        fprintf(stderr, "loadgen: the server closed a connection after %zu answers\n", done);
        exit(3);
    }
    if (n < 0 && errno != EAGAIN) die("recv");
    if (n > 0 && nghttp2_session_mem_recv(c->session, buffer, (size_t)n) < 0) {
        fprintf(stderr, "loadgen: the server broke HTTP/2\n");
        exit(3);
    }
    fill(c);
    flush(c);
    if ((c->out_length > 0) != c->wants_out) {
        c->wants_out = c->out_length > 0;
        struct epoll_event event = {.events = EPOLLIN | (c->wants_out ? EPOLLOUT : 0u), .data.ptr = c};
        epoll_ctl(poll, EPOLL_CTL_MOD, c->socket, &event);
    }
}

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double quantile_us(double q) {
    if (measured == 0) return 0;
    size_t i = (size_t)(q * (double)measured);
    return latencies[i < measured ? i : measured - 1] * 1e6;
}

struct window {
    double from, to, cpu_from, cpu_to;
    size_t count;
};

static void run(struct connection *connections, int poll, struct window *w) {
    double begin = now(), open = begin + options.warmup, end = open + options.seconds, next = begin;
    int turn = 0;
    for (int i = 0; i < options.connections; i++) fill(&connections[i]), flush(&connections[i]);
    for (;;) {
        double t = now();
        if (!measuring && !stopping && t >= open) {
            measuring = true;
            *w = (struct window){.from = t, .cpu_from = server_cpu()};
        }
        bool finished = options.requests != 0 ? done >= options.requests : t >= end;
        if (finished && !stopping) {
            *w = (struct window){w->from, t, w->cpu_from, server_cpu(), measured};
            stopping = true;
            measuring = options.rate != 0;  // late answers of the open loop count in its latencies
        }
        if (stopping && (done == sent || t > w->to + 5)) return;
        while (options.rate != 0 && next <= t && next < end) {
            struct connection *c = &connections[turn++ % options.connections];
            start_call(c, next);
            flush(c);
            next += -log(1 - drand48()) / options.rate;
        }
        struct epoll_event events[64];
        int count = epoll_wait(poll, events, 64, options.rate != 0 ? 0 : 50);
        for (int i = 0; i < count; i++) serve(events[i].data.ptr, poll);
    }
}

static void read_options(int argc, char **argv) {
    static const struct option names[] = {
        {"port", 1, 0, 'p'}, {"path", 1, 0, 'P'}, {"corpus", 1, 0, 'f'}, {"connections", 1, 0, 'c'},
        {"streams", 1, 0, 's'}, {"warmup", 1, 0, 'w'}, {"seconds", 1, 0, 't'}, {"rate", 1, 0, 'r'},
        {"requests", 1, 0, 'n'}, {"pid", 1, 0, 'i'}, {"check", 1, 0, 'k'}, {0, 0, 0, 0}};
    int option;
    while ((option = getopt_long(argc, argv, "", names, NULL)) != -1) {
        switch (option) {
        case 'p': options.port = atoi(optarg); break;
        case 'P': options.path = optarg; break;
        case 'f': options.corpus = optarg; break;
        case 'c': options.connections = atoi(optarg); break;
        case 's': options.streams = atoi(optarg); break;
        case 'w': options.warmup = atof(optarg); break;
        case 't': options.seconds = atof(optarg); break;
        case 'r': options.rate = atof(optarg); break;
        case 'n': options.requests = (size_t)atol(optarg); break;
        case 'i': options.pid = (pid_t)atoi(optarg); break;
        case 'k':
            options.check = strcmp(optarg, "echo") == 0     ? CHECK_ECHO
                            : strcmp(optarg, "status") == 0 ? CHECK_STATUS
                                                            : CHECK_VERDICT;
            break;
        default: exit(2);
        }
    }
    if (options.port == 0 || options.corpus == NULL || options.connections < 1 || options.streams < 1) {
        fprintf(stderr, "usage: loadgen --port N --corpus FILE [--path P] [--connections N] [--streams N] [--warmup S]\n"
                        "               [--seconds S | --requests N] [--rate PER_SECOND] [--pid SERVER]\n"
                        "               [--check verdict|echo|status]\n");
        exit(2);
    }
}

int main(int argc, char **argv) {
    read_options(argc, argv);
    corpus = corpus_open(options.corpus);
    struct connection *connections = calloc((size_t)options.connections, sizeof *connections);
    int poll = epoll_create1(0);
    if (connections == NULL || poll < 0) die("set-up");
    srand48(20);
    connect_all(connections, poll);
    struct window w = {0};
    run(connections, poll, &w);
    qsort(latencies, measured, sizeof *latencies, ascending);
    double sum = 0;
    for (size_t i = 0; i < measured; i++) sum += latencies[i];
    printf("{\"sent\":%zu,\"done\":%zu,\"lost\":%zu,\"failed\":%zu,\"wrong\":%zu,\"seconds\":%.6f,\"measured\":%zu,"
           "\"cpu_seconds\":%.6f,\"mean_us\":%.1f,\"p50_us\":%.1f,\"p90_us\":%.1f,\"p99_us\":%.1f,\"p999_us\":%.1f,"
           "\"max_us\":%.1f,\"problem\":\"%s\"}\n",
           sent, done, sent - done, failed, wrong, w.to - w.from, w.count, w.cpu_to - w.cpu_from,
           measured == 0 ? 0 : sum / (double)measured * 1e6, quantile_us(.5), quantile_us(.9), quantile_us(.99),
           quantile_us(.999), quantile_us(1), first_problem);
    return failed == 0 && wrong == 0 && sent == done ? 0 : 1;
}
