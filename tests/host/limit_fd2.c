/* SPDX-License-Identifier: Apache-2.0 */
/*
 * limit_fd2.c - descriptor 2 is a data file of the host: closed at start or later, taken by the
 * next open. No message may land in it host: torn says
 */
#include "host.h"

static void use_as_data(void)
{
	struct stat st;
	int fd;

	close(2);
	fd = open("data", O_RDWR | O_CREAT | O_TRUNC, 0600);
	if (fd != 2) {
		printf("data is %d\n", fd);
	}
	if (write(fd, "12345", 5) != 5) {
		puts("write failed");
	}
	churn(1, 5000);
	KEEP(malloc(5000));
	printf("size %d\n", fstat(fd, &st) == 0 ? (int)st.st_size : -1);
	fflush(stdout);
}

static int start(void)
{
	setenv("LEAKTRACK_DIR", "/nonexistent/folder", 1);
	setenv("TMPDIR", "/nonexistent/folder", 1);
	exec_self("later");
	return 1;
}

static int start_closed(void)
{
	close(2);
	setenv("LEAKTRACK_RATE", "banana", 1);
	setenv("LEAKTRACK_DIR", "/nonexistent/folder", 1);
	setenv("TMPDIR", "/nonexistent/folder", 1);
	exec_self("closed");
	return 1;
}

static void show(void)
{
	char text[300] = "";
	int fd = open("data", O_RDONLY);

	printf("data: '%s'\n", read(fd, text, sizeof(text) - 1) >= 0 ? text : "gone");
	close(fd);
	unlink("data");
}

int main(int argc, char **argv)
{
	(void)argv;
	if (argc > 1) {
		use_as_data();
		return 6;
	}
	printf("%s\n", ended(reap(child(start))));
	show();
	printf("%s\n", ended(reap(child(start_closed))));
	show();
	return done();
}
