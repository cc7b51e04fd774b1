/* SPDX-License-Identifier: Apache-2.0 */
/*
 * limit_uring.c - memory that the kernel writes to or asks about by itself: io_uring buffers on the
 * heap, userfaultfd over a heap block, madvise of every kind, guard pages amid the heap
 */
#include "host.h"
#include <linux/io_uring.h>
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>

static void uring(void)
{
	struct io_uring_params p = {0};
	int fd = (int)syscall(SYS_io_uring_setup, 4, &p), zero;
	struct io_uring_cqe *cqes;
	char *sq, *buf;
	struct io_uring_sqe *sqes;
	unsigned *tail, *array, *head, *cq_head, *cq_tail;

	if (fd < 0) {
		return;
	}
	zero = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	sq = mmap(NULL, p.cq_off.cqes + p.cq_entries * 16, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		  IORING_OFF_SQ_RING);
	sqes = mmap(NULL, p.sq_entries * sizeof(*sqes), PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		    IORING_OFF_SQES);
	MUST(sq != MAP_FAILED && sqes != MAP_FAILED);
	head = (unsigned *)(sq + p.sq_off.head);
	tail = (unsigned *)(sq + p.sq_off.tail);
	array = (unsigned *)(sq + p.sq_off.array);
	cq_head = (unsigned *)(sq + p.cq_off.head);
	cq_tail = (unsigned *)(sq + p.cq_off.tail);
	cqes = (struct io_uring_cqe *)(sq + p.cq_off.cqes);
	for (int i = 0; i < 200; i++) {
		size_t n = 100 + (size_t)i * 1000;

		buf = malloc(n);
		memset(buf, 1, n);
		memset(&sqes[0], 0, sizeof(sqes[0]));
		sqes[0].opcode = IORING_OP_READ;
		sqes[0].fd = zero;
		sqes[0].addr = (uintptr_t)buf;
		sqes[0].len = (unsigned)n;
		array[*tail & (p.sq_entries - 1)] = 0;
		__atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
		while (syscall(SYS_io_uring_enter, fd, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) < 0) {
			MUST(errno == EINTR);
			if (__atomic_load_n(head, __ATOMIC_ACQUIRE) == *tail) {
				break;
			}
		}
		while (__atomic_load_n(cq_tail, __ATOMIC_ACQUIRE) == *cq_head) {
			syscall(SYS_io_uring_enter, fd, 0, 1, IORING_ENTER_GETEVENTS, NULL, 0);
		}
		bool whole = cqes[*cq_head & (p.cq_entries - 1)].res == (int)n;

		__atomic_store_n(cq_head, *cq_head + 1, __ATOMIC_RELEASE);
		CHECK(!whole || (buf[0] == 0 && buf[n - 1] == 0));
		free(buf);
	}
	close(fd);
	close(zero);
}

static int uffd = -1;
static char *page;

static void *filler(void *arg)
{
	struct uffd_msg msg;

	for (int i = 0; i < 8; i++) {
		if (TEMP_FAILURE_RETRY(read(uffd, &msg, sizeof(msg))) != sizeof(msg)) {
			break;
		}
		struct uffdio_copy copy = {.dst = msg.arg.pagefault.address & -4096ull,
					   .src = (uintptr_t)page,
					   .len = 4096};

		churn(1, 100);
		ioctl(uffd, UFFDIO_COPY, &copy);
	}
	return arg;
}

static void faults(void)
{
	struct uffdio_api api = {.api = UFFD_API};
	pthread_t thread;
	char *area;

	uffd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
	if (uffd < 0 || ioctl(uffd, UFFDIO_API, &api) != 0) {
		return;
	}
	page = malloc(4096);
	memset(page, 7, 4096);
	area = mmap(NULL, 8 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct uffdio_register reg = {.range = {(uintptr_t)area, 8 * 4096},
				      .mode = UFFDIO_REGISTER_MODE_MISSING};

	MUST(ioctl(uffd, UFFDIO_REGISTER, &reg) == 0);
	pthread_create(&thread, NULL, filler, NULL);
	for (int i = 0; i < 8; i++) {
		CHECK(area[i * 4096] == 7);
		churn((unsigned)i, 100);
	}
	pthread_join(thread, NULL);
	munmap(area, 8 * 4096);
	close(uffd);
	free(page);
}

static void guards(void)
{
	static char *block[20];

	for (int i = 0; i < 20; i++) {
		block[i] = aligned_alloc(4096, 5 * 4096);
		MUST(mprotect(block[i] + 4096, 3 * 4096, PROT_NONE) == 0);
		churn((unsigned)i, 200);
	}
	for (int i = 0; i < 20; i++) {
		MUST(mprotect(block[i] + 4096, 3 * 4096, PROT_READ | PROT_WRITE) == 0);
		madvise(block[i] + 4096, 3 * 4096, MADV_DONTNEED);
		madvise(block[i] + 4096, 3 * 4096, MADV_DONTFORK);
		madvise(block[i] + 4096, 3 * 4096, MADV_DOFORK);
		madvise(block[i] + 4096, 3 * 4096, MADV_DONTDUMP);
		madvise(block[i] + 4096, 3 * 4096, MADV_MERGEABLE);
		free(block[i]);
	}
}

int main(void)
{
	uring();
	faults();
	guards();
	return done();
}
