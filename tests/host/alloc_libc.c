/* SPDX-License-Identifier: Apache-2.0 */
/*
 * alloc_libc.c - libc functions that allocate for the caller
 */
#include "host.h"
#include <dirent.h>
#include <glob.h>
#include <locale.h>
#include <netdb.h>
#include <pwd.h>
#include <regex.h>
#include <search.h>
#include <wchar.h>

static int by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void lines(void)
{
	char *line = NULL;
	size_t room = 0;
	int n = 0;
	FILE *f = tmpfile();

	MUST(f);
	for (int i = 0; i < 2000; i++) {
		fprintf(f, "%*d\n", i % 300, i);
	}
	rewind(f);
	while (getline(&line, &room, f) > 0) {
		n++;
	}
	printf("lines %d\n", n);
	free(line);
	fclose(f);
}

static void paths(void)
{
	struct dirent **list;
	char *p;
	glob_t g;
	int n;

	p = realpath("/usr/bin/../lib", NULL);
	printf("%s\n", p);
	free(p);
	p = getcwd(NULL, 0);
	CHECK(p && *p == '/');
	free(p);
	n = scandir("/etc", &list, NULL, alphasort);
	CHECK(n > 2);
	for (int i = 0; i < n; i++) {
		free(list[i]);
	}
	free(list);
	CHECK(glob("/etc/*.conf", 0, NULL, &g) == 0);
	globfree(&g);
}

int main(void)
{
	char *p;
	regex_t re;
	void *tree = NULL;
	static char names[1000][8];

	lines();
	for (int i = 0; i < 50; i++) {
		paths();
	}
	for (int i = 0; i < 1000; i++) {
		CHECK(asprintf(&p, "%d %s", i, "words") > 0);
		free(p);
		free(strndup("abcdef", 3));
		free(wcsdup(L"wide"));
		snprintf(names[i], sizeof(names[i]), "%d", i);
		tsearch(names[i], &tree, by_name);
	}
	tdestroy(tree, (void (*)(void *))strlen);
	for (int i = 0; i < 30; i++) {
		CHECK(regcomp(&re, "^(a|b)*c[0-9]{1,20}$", REG_EXTENDED) == 0);
		CHECK(regexec(&re, "abac12", 0, NULL, 0) == 0);
		regfree(&re);
	}
	CHECK(setlocale(LC_ALL, "C.UTF-8"));
	CHECK(getpwuid(0) && !strcmp(getpwuid(0)->pw_name, "root"));
	setenv("A", "1", 1);
	for (int i = 0; i < 500; i++) {
		snprintf(names[0], 8, "E%d", i);
		setenv(names[0], "value", 1);
	}
	clearenv();
	churn(1, 1000);
	return done();
}
