/* SPDX-License-Identifier: Apache-2.0 */
/*
 * limit_planted.c - another user planted symbolic links and folders where dumps and state go: what
 * they lead to stays as it was
 * host: root says torn env=LEAKTRACK_EXIT=all
 */
#include "host.h"
#include <dirent.h>

static const char victim_text[] = "untouched";
static char folder[PATH_MAX], victim[PATH_MAX + 16], victim_folder[PATH_MAX + 16];

static void plant(const char *form, pid_t pid)
{
	char name[PATH_MAX + 64];

	snprintf(name, sizeof(name), form, folder, (int)pid);
	CHECK(symlink(victim, name) == 0);
	CHECK(lchown(name, 65534, 65534) == 0);
}

static int go[2];

static int start(void)
{
	char c;

	MUST(read(go[0], &c, 1) == 1);
	close(go[0]);
	close(go[1]);
	exec_self("started");
	return 1;
}

static int entries(const char *name)
{
	DIR *d = opendir(name);
	int n = 0;

	MUST(d);
	while (readdir(d)) {
		n++;
	}
	closedir(d);
	return n - 2;
}

static void check_victim(void)
{
	char text[64] = "";
	struct stat st;
	int fd = open(victim, O_RDONLY);

	CHECK(fstat(fd, &st) == 0 && st.st_size == sizeof(victim_text) - 1);
	CHECK((st.st_mode & 07777) == 0644 && st.st_uid == 0);
	CHECK(read(fd, text, sizeof(text)) == st.st_size && !strcmp(text, victim_text));
	close(fd);
}

static void run_with(void (*setup)(pid_t))
{
	pid_t pid;

	MUST(pipe(go) == 0);
	pid = child(start);
	setup(pid);
	MUST(write(go[1], "x", 1) == 1);
	printf("%s\n", ended(reap(pid)));
	close(go[0]);
	close(go[1]);
	check_victim();
	printf("in the victim's folder: %d\n", entries(victim_folder));
}

static void links(pid_t pid)
{
	plant("%s/leaktrack.%d.exit.heap", pid);
	for (int i = 1; i < 4; i++) {
		char form[64];

		snprintf(form, sizeof(form), "%%s/leaktrack.%%d.%d.heap", i);
		plant(form, pid);
		snprintf(form, sizeof(form), "%%s/leaktrack.%%d.%d.heap.tmp", i);
		plant(form, pid);
	}
	plant("%s/leaktrack.%d.exit.heap.tmp", pid);
	plant("%s/.leaktrack.%d.exit.heap", pid);
	plant("%s/leaktrack.%d.tmp", pid);
}

/* Without system(): that makes a preloaded process. */
static void remove_state(void)
{
	DIR *d = opendir("/dev/shm/leaktrack-0");
	struct dirent *e;

	while (d && (e = readdir(d))) {
		unlinkat(dirfd(d), e->d_name, 0);
	}
	if (d) {
		closedir(d);
	}
	rmdir("/dev/shm/leaktrack-0");
	unlink("/dev/shm/leaktrack-0");
}

static void state_link(pid_t pid)
{
	(void)pid;
	remove_state();
	CHECK(symlink(victim_folder, "/dev/shm/leaktrack-0") == 0);
}

static void state_foreign(pid_t pid)
{
	(void)pid;
	remove_state();
	CHECK(mkdir("/dev/shm/leaktrack-0", 0777) == 0);
	CHECK(chown("/dev/shm/leaktrack-0", 65534, 65534) == 0);
}

static void state_open(pid_t pid)
{
	(void)pid;
	CHECK(chown("/dev/shm/leaktrack-0", 0, 0) == 0);
	CHECK(chmod("/dev/shm/leaktrack-0", 0777) == 0);
}

static void state_file(pid_t pid)
{
	(void)pid;
	remove_state();
	close(open("/dev/shm/leaktrack-0", O_CREAT | O_WRONLY, 0666));
}

int main(int argc, char **argv)
{
	int fd;

	(void)argv;
	if (argc > 1) {
		churn(1, 5000);
		KEEP(malloc(5000));
		return 6;
	}
	remove_state();
	MUST(getcwd(folder, sizeof(folder)));
	snprintf(victim, sizeof(victim), "%s/victim", folder);
	snprintf(victim_folder, sizeof(victim_folder), "%s/precious", folder);
	CHECK(mkdir(victim_folder, 0755) == 0);
	fd = open(victim, O_CREAT | O_WRONLY, 0644);
	CHECK(write(fd, victim_text, sizeof(victim_text) - 1) == sizeof(victim_text) - 1);
	close(fd);
	setenv("LEAKTRACK_DIR", folder, 1);
	run_with(links);
	run_with(state_link);
	run_with(state_foreign);
	printf("in a stranger's folder: %d\n", entries("/dev/shm/leaktrack-0"));
	run_with(state_open);
	run_with(state_file);
	remove_state();
	unsetenv("LD_PRELOAD");
	CHECK(system("rm -rf precious victim leaktrack* .leaktrack*") == 0);
	return done();
}
