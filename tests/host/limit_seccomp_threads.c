/* SPDX-License-Identifier: Apache-2.0 */
/*
 * limit_seccomp_threads.c - SECCOMP_FILTER_FLAG_TSYNC closes all threads at once; and one thread
 * that closes only itself while the others go on
 * host: wide
 */
#include "sandbox.h"

static int stop, awake;

static void *busy(void *arg)
{
	for (unsigned i = 0; !__atomic_load_n(&stop, __ATOMIC_RELAXED); i++) {
		churn(i, 20);
		if (i == 3) {
			__atomic_add_fetch(&awake, 1, __ATOMIC_RELEASE);
		}
	}
	return arg;
}

static int all_threads(void)
{
	static const int more[] = {
		SYS_read,
		SYS_write,
		SYS_exit,
		SYS_exit_group,
		SYS_brk,
		SYS_mmap,
		SYS_munmap,
		SYS_mremap,
		SYS_futex,
		SYS_mprotect,
		SYS_madvise,
		SYS_nanosleep,
		SYS_clock_nanosleep,
		SYS_restart_syscall, /* a sleep that another thread's signal woke */
		SYS_rseq,
		SYS_set_robust_list,
		SYS_rt_sigprocmask,
		SYS_rt_sigreturn};
	struct sock_fprog prog = sandbox_build(more, LENGTH(more), SECCOMP_RET_KILL_PROCESS);
	pthread_t id[3];

	for (int i = 0; i < 3; i++) {
		pthread_create(&id[i], NULL, busy, NULL);
	}
	/* A thread's first malloc asks for the number of processors. */
	while (__atomic_load_n(&awake, __ATOMIC_ACQUIRE) < 3) {
		churn(1, 100);
	}
	MUST(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	MUST(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &prog) == 0);
	churn(2, 5000);
	pause_ms(20);
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	for (int i = 0; i < 3; i++) {
		pthread_join(id[i], NULL);
	}
	say("all closed\n");
	exit(8);
}

static void *closes_itself(void *arg)
{
	churn(3, 100);
	sandbox_enter(closed_list, LENGTH(closed_list), SECCOMP_RET_KILL_PROCESS);
	churn(3, 3000);
	say("one closed\n");
	syscall(SYS_exit, 0);
	return arg;
}

static int one_thread(void)
{
	pthread_t id[3];

	pthread_create(&id[0], NULL, busy, NULL);
	pthread_create(&id[1], NULL, busy, NULL);
	pthread_create(&id[2], NULL, closes_itself, NULL);
	pause_ms(50);
	churn(4, 3000);
	CHECK(open("/dev/null", O_RDONLY) >= 0);
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	pthread_join(id[0], NULL);
	pthread_join(id[1], NULL);
	pthread_join(id[2], NULL);
	exit(host_failed ? 1 : 9);
}

int main(void)
{
	/* glibc reads files in /proc when it makes or trims a thread's own arena. */
	mallopt(M_ARENA_MAX, 1);
	printf("%s\n", ended(reap(child(all_threads))));
	fflush(stdout);
	printf("%s\n", ended(reap(child(one_thread))));
	return done();
}
