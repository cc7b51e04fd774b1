/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rest.c - what a system call that our signal cut short has still to do
 */
#include "rest.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>

#include "arch.h"
#include "sys.h"

/* On the host's stack. What the instructions read comes first. */
struct rest {
	uint64_t done; /* bytes, of all calls before */
	uint64_t back; /* program counter behind libc's call */
	uint64_t args[4];
	long nr;
	uint64_t end_ns; /* of a time-out; 0: none */
	struct msghdr message;
	struct iovec vector[REST_VECTOR]; /* what is left of the host's */
};

_Static_assert(sizeof(struct rest) <= ARCH_REST_BYTES && ARCH_REST_FRAME == 384,
	       "room in the frame");
_Static_assert(offsetof(struct rest, back) == ARCH_REST_BACK &&
		       offsetof(struct rest, args) == ARCH_REST_ARGS,
	       "as the instructions have it");

ARCH_REST(rest_call, rest_called);
extern const uint8_t rest_call[] __attribute__((visibility("hidden")));
extern const uint8_t rest_called[] __attribute__((visibility("hidden")));

static uint64_t now_ns(void)
{
	struct timespec now = {0};

	(void)sys_clock(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* A device that gives as much as is asked for: zero (1, 5), full, random, urandom (1, 9). */
static bool is_endless(int fd)
{
	struct stat st;

	return sys_fstat(fd, &st) == 0 && S_ISCHR(st.st_mode) &&
	       (st.st_rdev == 0x105 || (st.st_rdev >= 0x107 && st.st_rdev <= 0x109));
}

static const struct iovec *vector_of(const greg_t *regs, long nr, size_t *n)
{
	if (nr == SYS_sendmsg) {
		const struct msghdr *message = (const struct msghdr *)regs[ARCH_ARG1];

		*n = message->msg_iovlen;
		return message->msg_iov;
	}
	*n = (size_t)(int)regs[ARCH_ARG2];
	return (const struct iovec *)regs[ARCH_ARG1];
}

/* 0: more parts than we have room for. */
static uint64_t vector_bytes(const greg_t *regs, long nr)
{
	size_t n;
	const struct iovec *vector = vector_of(regs, nr, &n);
	uint64_t sum = 0;

	for (size_t i = 0; n <= REST_VECTOR && i < n; i++) {
		sum += vector[i].iov_len;
	}
	return sum;
}

/* What the call was to transfer; 0: any less is as good. */
static uint64_t wanted(const greg_t *regs, long nr)
{
	switch (nr) {
	case SYS_write:
	case SYS_sendto:
		return (uint64_t)regs[ARCH_ARG2];
	case SYS_read:
		return is_endless((int)regs[ARCH_ARG0]) ? (uint64_t)regs[ARCH_ARG2] : 0;
	case SYS_recvfrom:
		return (regs[ARCH_ARG3] & (MSG_WAITALL | MSG_PEEK)) == MSG_WAITALL
			       ? (uint64_t)regs[ARCH_ARG2]
			       : 0;
	case SYS_sendfile:
		return (uint64_t)regs[ARCH_ARG3];
	case SYS_getrandom:
		return (uint64_t)regs[ARCH_ARG1];
	case SYS_writev:
	case SYS_sendmsg:
		return vector_bytes(regs, nr);
	default:
		return 0;
	}
}

/* Of the socket that the call is made on, in nanoseconds; 0: none, or no socket. */
static uint64_t time_out(const greg_t *regs, long nr)
{
	struct timeval limit = {0};
	int which;

	switch (nr) {
	case SYS_read:
	case SYS_readv:
	case SYS_recvfrom:
	case SYS_recvmsg:
	case SYS_recvmmsg:
	case SYS_accept:
	case SYS_accept4:
		which = SO_RCVTIMEO;
		break;
	case SYS_write:
	case SYS_writev:
	case SYS_sendto:
	case SYS_sendmsg:
	case SYS_connect:
		which = SO_SNDTIMEO;
		break;
	default:
		return 0;
	}
	if (sys_getsockopt((int)regs[ARCH_ARG0], SOL_SOCKET, which, &limit, sizeof(limit)) != 0) {
		return 0;
	}
	return (uint64_t)limit.tv_sec * 1000000000u + (uint64_t)limit.tv_usec * 1000u;
}

bool rest_is_due(const ucontext_t *uc, long nr)
{
	const greg_t *regs = uc->uc_mcontext.gregs;
	greg_t result = regs[ARCH_RESULT];

	if (result == -EINTR) {
		return time_out(regs, nr) != 0;
	}
	return result > 0 && (uint64_t)result < wanted(regs, nr);
}

static void vector_advance(struct iovec *vector, size_t *n, uint64_t bytes)
{
	size_t from = 0;

	while (from < *n && bytes >= vector[from].iov_len) {
		bytes -= vector[from++].iov_len;
	}
	*n -= from;
	for (size_t i = 0; i < *n; i++) {
		vector[i] = vector[from + i];
	}
	if (*n > 0) {
		vector[0].iov_base = (uint8_t *)vector[0].iov_base + bytes;
		vector[0].iov_len -= bytes;
	}
}

/* The first time from the host's vector, which stays as it is, then from our own. What goes beside
 * the bytes of a message has gone with the first of them. */
static void advance_vector(greg_t *regs, struct rest *rest, uint64_t bytes)
{
	size_t n;
	const struct iovec *vector = vector_of(regs, rest->nr, &n);

	if (vector != rest->vector) {
		memcpy(rest->vector, vector, n * sizeof(*vector));
	}
	vector_advance(rest->vector, &n, bytes);
	if (rest->nr == SYS_sendmsg) {
		rest->message = (struct msghdr){.msg_iov = rest->vector, .msg_iovlen = n};
		regs[ARCH_ARG1] = (greg_t)&rest->message;
	} else {
		regs[ARCH_ARG1] = (greg_t)rest->vector;
		regs[ARCH_ARG2] = (greg_t)n;
	}
}

static void advance(greg_t *regs, struct rest *rest, greg_t bytes)
{
	switch (rest->nr) {
	case SYS_sendfile: /* the kernel moves the place to read from */
		regs[ARCH_ARG3] -= bytes;
		break;
	case SYS_getrandom:
		regs[ARCH_ARG0] += bytes;
		regs[ARCH_ARG1] -= bytes;
		break;
	case SYS_writev:
	case SYS_sendmsg:
		advance_vector(regs, rest, (uint64_t)bytes);
		break;
	default:
		regs[ARCH_ARG1] += bytes;
		regs[ARCH_ARG2] -= bytes;
	}
}

static void call_again(greg_t *regs, struct rest *rest)
{
	greg_t result = regs[ARCH_RESULT];

	if (result > 0) {
		rest->done += (uint64_t)result;
		advance(regs, rest, result);
	}
	regs[ARCH_RESULT] = rest->nr;
	regs[ARCH_PC] = (greg_t)rest_call;
}

void rest_begin(ucontext_t *uc, long nr)
{
	greg_t *regs = uc->uc_mcontext.gregs;
	struct rest *rest = (struct rest *)(regs[ARCH_SP] - ARCH_REST_FRAME);
	uint64_t limit = regs[ARCH_RESULT] == -EINTR ? time_out(regs, nr) : 0;

	*rest = (struct rest){
		.back = (uint64_t)regs[ARCH_PC],
		.args = {(uint64_t)regs[ARCH_ARG0], (uint64_t)regs[ARCH_ARG1],
			 (uint64_t)regs[ARCH_ARG2], (uint64_t)regs[ARCH_ARG3]},
		.nr = nr,
		.end_ns = limit != 0 ? now_ns() + limit : 0,
	};
	regs[ARCH_SP] = (greg_t)rest;
	call_again(regs, rest);
}

bool rest_is_behind(const ucontext_t *uc)
{
	return uc->uc_mcontext.gregs[ARCH_PC] == (greg_t)rest_called;
}

bool rest_is_at(const ucontext_t *uc)
{
	return rest_is_behind(uc) || uc->uc_mcontext.gregs[ARCH_PC] == (greg_t)rest_call;
}

void rest_go_on(ucontext_t *uc)
{
	greg_t *regs = uc->uc_mcontext.gregs;
	struct rest *rest = (struct rest *)regs[ARCH_SP];

	if (!rest_is_due(uc, rest->nr)) {
		return;
	}
	if (rest->end_ns != 0 && regs[ARCH_RESULT] == -EINTR && now_ns() >= rest->end_ns) {
		regs[ARCH_RESULT] = rest->nr == SYS_connect ? -EINPROGRESS : -EAGAIN;
		return;
	}
	call_again(regs, rest);
}
