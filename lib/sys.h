/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sys.h - the one door to the kernel
 *
 * Raw system calls: no errno, no cancellation point, no libc state. Each returns the kernel's
 * value, or -errno. After sys_seal() (the host has closed a seccomp sandbox around itself) none of
 * them reaches the kernel any more: all return -EPERM, and callers give up as on any other error.
 *
 * All functions: Context: hot, in the sense that they are safe anywhere; who may afford the time of
 * a system call is the caller's question.
 */
#ifndef LEAKTRACK_SYS_H
#define LEAKTRACK_SYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct stat;
struct iovec;
struct rlimit;
struct timespec;
struct itimerval;

/* What looks and changes nothing, and is all that it takes for a system call of the host's to go on
 * after our signal (resume.h, rest.h): in a sandbox these are made, too, where it allows them. */
#define SYS_LOOKS                                                                                  \
	{                                                                                          \
		SYS_rt_sigpending, SYS_rt_sigaction, SYS_clock_gettime, SYS_getsockopt, SYS_fstat, \
			SYS_getitimer                                                              \
	}
#define SYS_N_LOOKS 6u

/* sys_seal - from now on make no system call at all, in this process and its forks.
 * sys_seal_looks - and of SYS_LOOKS only those whose bit is set in each of the calls so far; gives
 * what sys_unseal_looks() puts back.
 * sys_unseal - the sandbox did not come about. */
void sys_seal(void);
uint32_t sys_seal_looks(uint32_t allowed);
void sys_unseal_looks(uint32_t before);
void sys_unseal(void);
bool sys_sealed(void);

int sys_open(const char *path, int flags, unsigned mode);
int sys_openat(int dir, const char *path, int flags, unsigned mode);
int sys_close(int fd);
ssize_t sys_read(int fd, void *buf, size_t n);
ssize_t sys_write(int fd, const void *buf, size_t n);
ssize_t sys_pwrite(int fd, const void *buf, size_t n, off_t at);
int sys_fstat(int fd, struct stat *st);
int sys_lstat(const char *path, struct stat *st);
int sys_ftruncate(int fd, off_t size);
int sys_fallocate(int fd, off_t at, off_t size);
int sys_mkdir(const char *path, unsigned mode);
int sys_unlink(const char *path);
int sys_rmdir(const char *path);
int sys_unlinkat(int dir, const char *path);
int sys_rename(const char *from, const char *to);
int sys_rename_noreplace(const char *from, const char *to);
ssize_t sys_readlink(const char *path, char *buf, size_t n);
ssize_t sys_getdents(int fd, void *buf, size_t n);
ssize_t sys_getcwd(char *buf, size_t n);
int sys_memfd_create(const char *name, unsigned flags);

/* sys_mmap returns the address, or a value for which sys_failed() holds. */
void *sys_mmap(void *at, size_t size, int prot, int flags, int fd, off_t offset);
bool sys_failed(const void *mapped);
int sys_munmap(void *at, size_t size);
int sys_mprotect(void *at, size_t size, int prot);
int sys_munlock(void *at, size_t size);
int sys_madvise(void *at, size_t size, int advice);

/* sys_peek - copy our own memory without trusting it: process_vm_readv on ourselves.
 * Returns the bytes copied, fewer where memory ends, or -errno. */
ssize_t sys_peek(void *to, size_t to_bytes, const struct iovec *from, size_t n_from);

pid_t sys_getpid(void);
pid_t sys_getppid(void);
pid_t sys_gettid(void);
unsigned sys_geteuid(void);
int sys_kill(pid_t pid, int sig);

/* sys_sigaction - the kernel's own structure (sigchain.c), not libc's. */
int sys_sigaction(int sig, const void *act, void *old);
int sys_sigmask(int how, const uint64_t *set, uint64_t *old);
int sys_sigpending(uint64_t *set);

/* sys_block - hold all signals of this thread back, and sys_seal() until sys_unblock(@mask): else a
 * sandbox that closes between the two would leave them blocked for good.
 * Returns false, and nothing is changed, in a sandbox. */
bool sys_block(uint64_t *mask);
void sys_unblock(uint64_t mask);
int sys_tgkill(pid_t pid, pid_t tid, int sig);
int sys_getrlimit(int resource, struct rlimit *limit);
int sys_prctl(int op, long a, long b, long c, long d);
int sys_clock(int clock, struct timespec *now);
int sys_getitimer(int which, struct itimerval *timer);
int sys_getsockopt(int fd, int level, int option, void *value, unsigned bytes);

/* What the keeper lives by.
 * sys_start - a child that runs @run(@arg) in our memory, on the stack that ends at @top; we wait
 * until it executes a program or ends, which it must do by sys_execve() or sys_exit(). It leaves no
 * SIGCHLD behind; sys_wait waits for one such child.
 * sys_keep_open - over sys_execve(). */
pid_t sys_start(void *top, void (*run)(void *), void *arg);
int sys_execve(const char *path, char **argv, char **env);
pid_t sys_wait(pid_t pid);
int sys_keep_open(int fd);
int sys_chdir(const char *path);
pid_t sys_setsid(void);
int sys_close_range(unsigned first, unsigned last);
int sys_pidfd_open(pid_t pid);
int sys_poll(void *fds, unsigned n, const struct timespec *limit);
__attribute__((noreturn)) void sys_exit(int status);

#endif
