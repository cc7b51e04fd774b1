/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proc_reexec_memfd.c - a program that copies itself into a sealed memfd and executes that, as runc
 * does, and one that is executed by fexecve, by execveat, with no argv[0], and without its file
 */
#include "host.h"
#include <sys/sendfile.h>

extern char **environ;

static int copy_of_self(unsigned flags)
{
	int self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC), fd = memfd_create("copy", flags);
	struct stat st;

	MUST(self >= 0 && fd >= 0 && fstat(self, &st) == 0);
	for (off_t at = 0; at < st.st_size;) {
		MUST(sendfile(fd, self, &at, (size_t)(st.st_size - at)) > 0);
	}
	close(self);
	return fd;
}

static int by_memfd(void)
{
	char *argv[] = {(char *)"memfd", (char *)"work", NULL};
	int fd = copy_of_self(MFD_CLOEXEC | MFD_ALLOW_SEALING);

	fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
	fexecve(fd, argv, environ);
	return 9;
}

static int by_execveat(void)
{
	char *argv[] = {(char *)"", (char *)"work", NULL};
	int fd = open("/proc/self/exe", O_PATH | O_CLOEXEC);

	syscall(SYS_execveat, fd, "", argv, environ, AT_EMPTY_PATH);
	return 9;
}

static int without_file(void)
{
	char *argv[] = {(char *)"x", (char *)"work", NULL};
	int in = copy_of_self(MFD_CLOEXEC), out;
	off_t at = 0;

	out = open("copy", O_WRONLY | O_CREAT | O_CLOEXEC, 0700);
	while (sendfile(out, in, &at, 1 << 20) > 0) {
	}
	close(out);
	out = open("copy", O_PATH | O_CLOEXEC);
	unlink("copy");
	fexecve(out, argv, environ);
	return errno;
}

static void *idle(void *arg)
{
	churn(2, 500);
	return arg;
}

int main(int argc, char **argv)
{
	(void)argv;
	churn(1, 2000);
	if (argc > 1) {
		crew(2, idle);
		return descriptors_now();
	}
	printf("memfd: %s\n", ended(reap(child(by_memfd))));
	printf("execveat: %s\n", ended(reap(child(by_execveat))));
	printf("without a file: %s\n", ended(reap(child(without_file))));
	return done();
}
