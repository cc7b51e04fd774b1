/* SPDX-License-Identifier: Apache-2.0 */
/*
 * limit_closefrom.c - descriptors closed behind everybody's back, their numbers used for files and
 * pipes: nothing that is not ours is ever read, written, moved or closed there
 */
#include "host.h"

#define FILES 20

static int fd[FILES];

static void open_files(void)
{
	char name[32], text[64];

	for (int i = 0; i < FILES; i++) {
		snprintf(name, sizeof(name), "file%d", i);
		fd[i] = open(name, O_RDWR | O_CREAT | O_TRUNC, 0600);
		CHECK(fd[i] == 3 + i);
		memset(text, 'a' + i, sizeof(text));
		CHECK(write(fd[i], text, sizeof(text)) == sizeof(text));
		CHECK(lseek(fd[i], 7, SEEK_SET) == 7);
	}
}

static void check_files(void)
{
	for (int i = 0; i < FILES; i++) {
		char text[100];
		struct stat st;

		CHECK(lseek(fd[i], 0, SEEK_CUR) == 7);
		CHECK(fstat(fd[i], &st) == 0 && st.st_size == 64);
		CHECK(pread(fd[i], text, 100, 0) == 64);
		for (int k = 0; k < 64; k++) {
			CHECK(text[k] == 'a' + i);
		}
	}
}

static void *thread(void *arg)
{
	churn((unsigned)(intptr_t)arg, 3000);
	return NULL;
}

int main(void)
{
	int ends[2];
	char c;

	closefrom(3);
	open_files();
	churn(1, 5000);
	check_files();
	crew(4, thread);
	check_files();
	CHECK(reap(child(threads_now)) == 1 << 8);
	closefrom(3);
	open_files();
	crew(4, thread);
	churn(2, 5000);
	check_files();
	closefrom(3);
	for (int i = 0; i < 10; i++) {
		CHECK(pipe2(ends, O_NONBLOCK) == 0);
	}
	churn(3, 5000);
	for (int i = 3; i < 23; i += 2) {
		CHECK(read(i, &c, 1) == -1 && errno == EAGAIN);
	}
	CHECK(close_range(3, ~0u, 0) == 0);
	for (int i = 0; i < FILES; i++) {
		char name[32];

		snprintf(name, sizeof(name), "file%d", i);
		unlink(name);
	}
	return done();
}
