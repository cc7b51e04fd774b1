/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sys.c - the one door to the kernel
 *
 * One flag, written once, read before each call: a host that has closed a sandbox around itself
 * would be killed for a system call that it did not make. A sandbox can be closed around all
 * threads at once; so where there are several, each that passes the flag is counted, and the one
 * that shuts the door waits until all are back.
 */
#include "sys.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/single_threaded.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>

#include "arch.h"
#include "atomics.h"

/* How long the door waits for threads that are in a call: some tenths of a second. None of ours
 * takes so long, but a forked child's count has those of threads that it does not have. */
#define SEAL_ROUNDS (1u << 22)

static struct {
	uint32_t sealed;
	uint32_t inside;  /* threads past the flag, of a process with several */
	uint32_t waited;  /* sys_seal() has waited long enough: whoever is inside is on its own */
	uint32_t no_look; /* bits of looks: what no sandbox may be asked for */
} self;

static const int looks[SYS_N_LOOKS] = SYS_LOOKS;

static bool is_look(long n)
{
	for (unsigned i = 0; i < SYS_N_LOOKS; i++) {
		if (looks[i] == n) {
			return (atomic_load_relaxed(&self.no_look) & 1u << i) == 0;
		}
	}
	return false;
}

static long unless_sealed(long n, long a, long b, long c, long d, long e, long f)
{
	return sys_sealed() && !is_look(n) ? -EPERM : arch_syscall(n, a, b, c, d, e, f);
}

static void come_in(void)
{
	atomic_add_relaxed(&self.inside, 1);
	atomic_full_barrier(); /* here we see `sealed`, or there we are seen inside */
}

static void go_out(void)
{
	(void)atomic_sub_release(&self.inside, 1); /* PAIR inside: sys_seal() */
}

static long call(long n, long a, long b, long c, long d, long e, long f)
{
	if (__libc_single_threaded) { /* nothing written to: a forked child would copy the page */
		return unless_sealed(n, a, b, c, d, e, f);
	}
	come_in();
	long result = unless_sealed(n, a, b, c, d, e, f);

	go_out();
	return result;
}

void sys_seal(void)
{
	atomic_store_relaxed(&self.sealed, 1);
	atomic_full_barrier();
	/* PAIR inside: go_out() */
	for (unsigned i = 0; i < SEAL_ROUNDS && atomic_load_acquire(&self.inside) != 0; i++) {
		arch_pause();
	}
	atomic_store_relaxed(&self.waited,
			     1); /* a hint: it may come too late for who is on its way */
}

uint32_t sys_seal_looks(uint32_t allowed)
{
	uint32_t before = atomic_load_relaxed(&self.no_look);

	atomic_store_relaxed(&self.no_look, before | ~allowed);
	return before;
}

void sys_unseal_looks(uint32_t before)
{
	atomic_store_relaxed(&self.no_look, before);
}

void sys_unseal(void)
{
	atomic_store_relaxed(&self.waited, 0);
	atomic_store_relaxed(&self.sealed, 0);
}

bool sys_sealed(void)
{
	return atomic_load_relaxed(&self.sealed) != 0;
}

int sys_open(const char *path, int flags, unsigned mode)
{
	return sys_openat(AT_FDCWD, path, flags, mode);
}

int sys_openat(int dir, const char *path, int flags, unsigned mode)
{
	return (int)call(SYS_openat, dir, (long)path, flags, (long)mode, 0, 0);
}

int sys_close(int fd)
{
	return (int)call(SYS_close, fd, 0, 0, 0, 0, 0);
}

ssize_t sys_read(int fd, void *buf, size_t n)
{
	return call(SYS_read, fd, (long)buf, (long)n, 0, 0, 0);
}

ssize_t sys_write(int fd, const void *buf, size_t n)
{
	return call(SYS_write, fd, (long)buf, (long)n, 0, 0, 0);
}

ssize_t sys_pwrite(int fd, const void *buf, size_t n, off_t at)
{
	return call(SYS_pwrite64, fd, (long)buf, (long)n, at, 0, 0);
}

int sys_fstat(int fd, struct stat *st)
{
	return (int)call(SYS_fstat, fd, (long)st, 0, 0, 0, 0);
}

int sys_lstat(const char *path, struct stat *st)
{
	return (int)call(SYS_newfstatat, AT_FDCWD, (long)path, (long)st, AT_SYMLINK_NOFOLLOW, 0, 0);
}

int sys_ftruncate(int fd, off_t size)
{
	return (int)call(SYS_ftruncate, fd, size, 0, 0, 0, 0);
}

int sys_fallocate(int fd, off_t at, off_t size)
{
	return (int)call(SYS_fallocate, fd, 0, at, size, 0, 0);
}

int sys_mkdir(const char *path, unsigned mode)
{
	return (int)call(SYS_mkdirat, AT_FDCWD, (long)path, (long)mode, 0, 0, 0);
}

int sys_unlink(const char *path)
{
	return sys_unlinkat(AT_FDCWD, path);
}

int sys_unlinkat(int dir, const char *path)
{
	return (int)call(SYS_unlinkat, dir, (long)path, 0, 0, 0, 0);
}

int sys_rmdir(const char *path)
{
	return (int)call(SYS_unlinkat, AT_FDCWD, (long)path, AT_REMOVEDIR, 0, 0, 0);
}

int sys_rename(const char *from, const char *to)
{
	return (int)call(SYS_renameat2, AT_FDCWD, (long)from, AT_FDCWD, (long)to, 0, 0);
}

int sys_rename_noreplace(const char *from, const char *to)
{
	return (int)call(SYS_renameat2, AT_FDCWD, (long)from, AT_FDCWD, (long)to, 1, 0);
}

ssize_t sys_readlink(const char *path, char *buf, size_t n)
{
	return call(SYS_readlinkat, AT_FDCWD, (long)path, (long)buf, (long)n, 0, 0);
}

ssize_t sys_getdents(int fd, void *buf, size_t n)
{
	return call(SYS_getdents64, fd, (long)buf, (long)n, 0, 0, 0);
}

ssize_t sys_getcwd(char *buf, size_t n)
{
	return call(SYS_getcwd, (long)buf, (long)n, 0, 0, 0, 0);
}

int sys_memfd_create(const char *name, unsigned flags)
{
	return (int)call(SYS_memfd_create, (long)name, flags, 0, 0, 0, 0);
}

void *sys_mmap(void *at, size_t size, int prot, int flags, int fd, off_t offset)
{
	return (void *)call(SYS_mmap, (long)at, (long)size, prot, flags, fd, offset);
}

bool sys_failed(const void *mapped)
{
	return (uintptr_t)mapped > (uintptr_t)-4096;
}

int sys_munmap(void *at, size_t size)
{
	return (int)call(SYS_munmap, (long)at, (long)size, 0, 0, 0, 0);
}

int sys_mprotect(void *at, size_t size, int prot)
{
	return (int)call(SYS_mprotect, (long)at, (long)size, prot, 0, 0, 0);
}

int sys_munlock(void *at, size_t size)
{
	return (int)call(SYS_munlock, (long)at, (long)size, 0, 0, 0, 0);
}

int sys_madvise(void *at, size_t size, int advice)
{
	return (int)call(SYS_madvise, (long)at, (long)size, advice, 0, 0, 0);
}

ssize_t sys_peek(void *to, size_t to_bytes, const struct iovec *from, size_t n_from)
{
	struct iovec local = {.iov_base = to, .iov_len = to_bytes};

	return call(SYS_process_vm_readv, sys_getpid(), (long)&local, 1, (long)from, (long)n_from,
		    0);
}

pid_t sys_getpid(void)
{
	return (pid_t)call(SYS_getpid, 0, 0, 0, 0, 0, 0);
}

pid_t sys_getppid(void)
{
	return (pid_t)call(SYS_getppid, 0, 0, 0, 0, 0, 0);
}

pid_t sys_gettid(void)
{
	return (pid_t)call(SYS_gettid, 0, 0, 0, 0, 0, 0);
}

unsigned sys_geteuid(void)
{
	return (unsigned)call(SYS_geteuid, 0, 0, 0, 0, 0, 0);
}

int sys_kill(pid_t pid, int sig)
{
	return (int)call(SYS_kill, pid, sig, 0, 0, 0, 0);
}

int sys_tgkill(pid_t pid, pid_t tid, int sig)
{
	return (int)call(SYS_tgkill, pid, tid, sig, 0, 0, 0);
}

int sys_getrlimit(int resource, struct rlimit *limit)
{
	return (int)call(SYS_prlimit64, 0, resource, 0, (long)limit, 0, 0);
}

int sys_prctl(int op, long a, long b, long c, long d)
{
	return (int)call(SYS_prctl, op, a, b, c, d, 0);
}

int sys_sigaction(int sig, const void *act, void *old)
{
	return (int)call(SYS_rt_sigaction, sig, (long)act, (long)old, sizeof(uint64_t), 0, 0);
}

int sys_sigmask(int how, const uint64_t *set, uint64_t *old)
{
	return (int)call(SYS_rt_sigprocmask, how, (long)set, (long)old, sizeof(uint64_t), 0, 0);
}

bool sys_block(uint64_t *mask)
{
	uint64_t all = UINT64_MAX;

	come_in();
	if (sys_sigmask(SIG_SETMASK, &all, mask) == 0) {
		return true;
	}
	go_out();
	return false;
}

void sys_unblock(uint64_t mask)
{
	if (atomic_load_relaxed(&self.waited) == 0) {
		(void)arch_syscall(SYS_rt_sigprocmask, SIG_SETMASK, (long)&mask, 0, sizeof(mask), 0,
				   0);
	}
	go_out();
}

int sys_sigpending(uint64_t *set)
{
	return (int)call(SYS_rt_sigpending, (long)set, sizeof(uint64_t), 0, 0, 0, 0);
}

int sys_clock(int clock, struct timespec *now)
{
	return (int)call(SYS_clock_gettime, clock, (long)now, 0, 0, 0, 0);
}

int sys_getitimer(int which, struct itimerval *timer)
{
	return (int)call(SYS_getitimer, which, (long)timer, 0, 0, 0, 0);
}

int sys_getsockopt(int fd, int level, int option, void *value, unsigned bytes)
{
	return (int)call(SYS_getsockopt, fd, level, option, (long)value, (long)&bytes, 0);
}

pid_t sys_start(void *top, void (*run)(void *), void *arg)
{
	come_in();
	long pid = sys_sealed() ? -EPERM : arch_clone_on(CLONE_VM | CLONE_VFORK, top, run, arg);

	go_out();
	return (pid_t)pid;
}

/* Not counted: it does not come back. */
int sys_execve(const char *path, char **argv, char **env)
{
	return (int)unless_sealed(SYS_execve, (long)path, (long)argv, (long)env, 0, 0, 0);
}

pid_t sys_wait(pid_t pid)
{
	return (pid_t)call(SYS_wait4, pid, 0, 0x40000000 /* __WALL */, 0, 0, 0);
}

pid_t sys_setsid(void)
{
	return (pid_t)call(SYS_setsid, 0, 0, 0, 0, 0, 0);
}

int sys_close_range(unsigned first, unsigned last)
{
	return (int)call(SYS_close_range, first, last, 0, 0, 0, 0);
}

int sys_keep_open(int fd)
{
	return (int)call(SYS_fcntl, fd, F_SETFD, 0, 0, 0, 0);
}

int sys_chdir(const char *path)
{
	return (int)call(SYS_chdir, (long)path, 0, 0, 0, 0, 0);
}

int sys_pidfd_open(pid_t pid)
{
	return (int)call(SYS_pidfd_open, pid, 0, 0, 0, 0, 0);
}

int sys_poll(void *fds, unsigned n, const struct timespec *limit)
{
	return (int)call(SYS_ppoll, (long)fds, n, (long)limit, 0, 0, 0);
}

void sys_exit(int status)
{
	for (;;) {
		arch_syscall(SYS_exit_group, status, 0, 0, 0, 0, 0);
	}
}
