/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proc_name.c - executables with odd names: blanks, brackets as in /proc/PID/stat, line breaks; one
 * that is deleted while it runs; one that is only a memfd; a very deep working folder
 * host: says files=LOOSE
 */
#include "host.h"

static char self[PATH_MAX];

static int run_copy(const char *name)
{
	char cmd[2 * PATH_MAX];
	char *argv[] = {(char *)name, (char *)"work", NULL};
	char *path = getenv("LD_PRELOAD");
	char saved[PATH_MAX] = "";
	int in, out;
	ssize_t n;

	if (path) {
		snprintf(saved, sizeof(saved), "%s", path);
	}
	in = open(self, O_RDONLY);
	out = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0755);
	MUST(in >= 0 && out >= 0);
	while ((n = read(in, cmd, sizeof(cmd))) > 0) {
		MUST(write(out, cmd, (size_t)n) == n);
	}
	close(in);
	close(out);
	pid_t pid = fork();

	if (pid == 0) {
		execv(name, argv);
		_exit(9);
	}
	int status = reap(pid);

	unlink(name);
	return status;
}

static int from_memfd(void)
{
	char *argv[] = {(char *)"memory", (char *)"work", NULL};
	char buf[4096];
	int in = open(self, O_RDONLY), out = memfd_create("x (y) R 1", 0);
	extern char **environ;
	ssize_t n;

	while ((n = read(in, buf, sizeof(buf))) > 0) {
		MUST(write(out, buf, (size_t)n) == n);
	}
	close(in);
	fexecve(out, argv, environ);
	return 9;
}

static int deep_folder(void)
{
	char name[201];

	memset(name, 'd', 200);
	name[200] = 0;
	for (int i = 0; i < 30; i++) {
		if (mkdir(name, 0700) || chdir(name)) {
			return 1;
		}
	}
	exec_self("work");
	return 2;
}

int main(int argc, char **argv)
{
	if (argc > 1) {
		churn(1, 5000);
		unlink(argv[0]);
		KEEP(malloc(5000));
		churn(2, 1000);
		return 6;
	}
	MUST(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);
	printf("%s\n", ended(run_copy("a b")));
	printf("%s\n", ended(run_copy("x) R 1 (y")));
	printf("%s\n", ended(run_copy(") R 1 1 1 0 0")));
	printf("%s\n", ended(run_copy("line\nbreak")));
	printf("%s\n", ended(run_copy("\xff\xfe%s%n")));
	printf("memfd: %s\n", ended(reap(child(from_memfd))));
	printf("deep: %s\n", ended(reap(child(deep_folder))));
	unsetenv("LD_PRELOAD");
	CHECK(system("rm -rf d*") == 0);
	return done();
}
