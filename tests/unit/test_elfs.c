/* SPDX-License-Identifier: Apache-2.0 */
/* objects: tools/progress.o tools/msg.o */
/* objects: tools/elfs_debug.o tools/elfs.o tools/elfs_remote.o tools/elfs_vdso.o */
/* objects: tools/elf_image.o tools/mem.o tools/err.o */
/* Proves: a module's file is found under its path, symfs, a search folder, a .build-id folder and
 * in a living process, also when it was deleted or has blanks in its name; a file with another
 * build-id, or with none, is never taken where the dump has one; what is no ELF file is told from
 * what is missing; a debug file must have the right checksum.
 * Fails when: the order of the search, the comparison of build-ids or a file's parsing changes. */
#include "elfs.h"
#include "elfs_debug.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <dlfcn.h>
#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "mem.h"

#define ID	 "00112233445566778899aabbccddeeff00112233"
#define OTHER_ID "ff112233445566778899aabbccddeeff00112233"
#define VADDR	 0x401000U

static char folder[64];

/* A small ELF file: one executable segment, a build-id unless @id is NULL, and a section that
 * names a debug file unless @link is NULL. */
struct file {
	Elf64_Ehdr ehdr;
	Elf64_Phdr load, note;
	Elf64_Shdr none, names_section, link_section;
	Elf64_Nhdr nhdr;
	char owner[4];
	unsigned char id[20];
	char names[32];
	char link[24];
	char code[64];
};

static struct file make(const char *id, const char *link, uint32_t crc)
{
	struct file file;
	size_t i;

	memset(&file, 0, sizeof(file));
	memcpy(file.ehdr.e_ident, ELFMAG, SELFMAG);
	file.ehdr.e_ident[EI_CLASS] = ELFCLASS64;
	file.ehdr.e_ident[EI_DATA] = ELFDATA2LSB;
	file.ehdr.e_ident[EI_VERSION] = EV_CURRENT;
	file.ehdr.e_type = ET_DYN;
	file.ehdr.e_machine = EM_X86_64;
	file.ehdr.e_version = EV_CURRENT;
	file.ehdr.e_ehsize = sizeof(Elf64_Ehdr);
	file.ehdr.e_phentsize = sizeof(Elf64_Phdr);
	file.ehdr.e_shentsize = sizeof(Elf64_Shdr);
	file.ehdr.e_phoff = offsetof(struct file, load);
	file.ehdr.e_phnum = id ? 2 : 1;
	file.ehdr.e_shoff = offsetof(struct file, none);
	file.ehdr.e_shnum = link ? 3 : 2;
	file.ehdr.e_shstrndx = 1;
	file.load = (Elf64_Phdr){.p_type = PT_LOAD,
				 .p_flags = PF_R | PF_X,
				 .p_offset = offsetof(struct file, code),
				 .p_vaddr = VADDR,
				 .p_filesz = sizeof(file.code),
				 .p_memsz = sizeof(file.code)};
	file.note = (Elf64_Phdr){.p_type = PT_NOTE,
				 .p_offset = offsetof(struct file, nhdr),
				 .p_filesz = 12 + 4 + 20,
				 .p_align = 4};
	file.nhdr = (Elf64_Nhdr){4, 20, NT_GNU_BUILD_ID};
	memcpy(file.owner, "GNU", 4);
	for (i = 0; id && i < 20; i++) {
		unsigned byte;

		assert_int_equal(sscanf(id + 2 * i, "%2x", &byte), 1);
		file.id[i] = (unsigned char)byte;
	}
	memcpy(file.names, "\0.shstrtab\0.gnu_debuglink", 26);
	file.names_section = (Elf64_Shdr){.sh_name = 1,
					  .sh_type = SHT_STRTAB,
					  .sh_offset = offsetof(struct file, names),
					  .sh_size = sizeof(file.names)};
	file.link_section = (Elf64_Shdr){.sh_name = 11,
					 .sh_type = SHT_PROGBITS,
					 .sh_offset = offsetof(struct file, link),
					 .sh_size = sizeof(file.link)};
	if (link) {
		memcpy(file.link, link, strlen(link) + 1);
		memcpy(file.link + (strlen(link) | 3) + 1, &crc, 4);
		file.link_section.sh_size = (strlen(link) | 3) + 5;
	}
	return file;
}

static const char *in_folder(const char *name)
{
	static char paths[4][512];
	static unsigned next;
	char *path = paths[next++ % 4];

	snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
	return path;
}

static void put_bytes(const char *name, const void *bytes, size_t size)
{
	char path[512];
	char *slash;
	FILE *out;

	snprintf(path, sizeof(path), "%s", in_folder(name));
	for (slash = path + strlen(folder) + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = 0;
		mkdir(path, 0700);
		*slash = '/';
	}
	out = fopen(path, "w");
	assert_non_null(out);
	assert_int_equal(fwrite(bytes, 1, size, out), size);
	assert_int_equal(fclose(out), 0);
}

static void put(const char *name, const char *id)
{
	struct file file = make(id, NULL, 0);

	put_bytes(name, &file, sizeof(file));
}

static int prepare(void **state)
{
	(void)state;
	unsetenv("DEBUGINFOD_URLS");
	snprintf(folder, sizeof(folder), "/tmp/test_elfs.XXXXXX");
	return !mkdtemp(folder);
}

static int tidy(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	return system(command);
}

/* find - the state, and how the file was found, for a path in the test's folder */
static void check(const struct name_options *options, const char *path, const char *id,
		  enum name_file state, const char *how)
{
	const struct name_module module = {.path = path, .build_id = id, .start = 0x7f0000000000};
	struct elfs_found found;

	elfs_find(options, &module, &found);
	assert_int_equal(found.state, state);
	if (how) {
		assert_string_equal(found.how, how);
		assert_non_null(found.image);
	} else {
		assert_null(found.image);
	}
	elf_image_free(found.image);
	free(found.differs);
	free(found.differs_id);
}

static const struct name_options plain;

static void by_path(void **state)
{
	char deleted[600];

	(void)state;
	put("a file (1)", ID);
	check(&plain, in_folder("a file (1)"), ID, NAME_FILE_OK, "path");
	check(&plain, in_folder("a file (1)"), "00112233445566778899AABBCCDDEEFF00112233",
	      NAME_FILE_OK, "path");
	check(&plain, in_folder("a file (1)"), NULL, NAME_FILE_OK, "path");
	check(&plain, in_folder("a file (1)"), OTHER_ID, NAME_FILE_DIFFERS, NULL);
	check(&plain, in_folder("a file (1)"), "0011", NAME_FILE_DIFFERS, NULL);
	snprintf(deleted, sizeof(deleted), "%s (deleted)", in_folder("a file (1)"));
	check(&plain, deleted, ID, NAME_FILE_OK, "path");
	check(&plain, in_folder("nothing"), ID, NAME_FILE_MISSING, NULL);
}

static void differs_says_which(void **state)
{
	struct name_module module = {.build_id = OTHER_ID};
	struct elfs_found found;

	(void)state;
	put("old", ID);
	put("bare", NULL);
	module.path = in_folder("old");
	elfs_find(&plain, &module, &found);
	assert_string_equal(found.differs, module.path);
	assert_string_equal(found.differs_id, ID);
	free(found.differs);
	free(found.differs_id);
	module.path = in_folder("bare");
	elfs_find(&plain, &module, &found);
	assert_int_equal(found.state, NAME_FILE_DIFFERS);
	assert_null(found.differs_id);
	free(found.differs);
}

static void no_elf_file(void **state)
{
	struct file file = make(ID, NULL, 0);
	char link[512];

	(void)state;
	put_bytes("text", "#!/bin/sh\n", 10);
	put_bytes("empty", "", 0);
	put_bytes("head", &file, 20);
	check(&plain, in_folder("text"), ID, NAME_FILE_BAD, NULL);
	check(&plain, in_folder("empty"), NULL, NAME_FILE_BAD, NULL);
	check(&plain, in_folder("head"), NULL, NAME_FILE_BAD, NULL);
	check(&plain, folder, NULL, NAME_FILE_BAD, NULL);
	snprintf(link, sizeof(link), "%s", in_folder("fifo"));
	assert_int_equal(mkfifo(link, 0600), 0);
	check(&plain, link, NULL, NAME_FILE_BAD, NULL);
}

/* Any length of a file and any byte in it is read without leaving it. */
static void cut_and_changed(void **state)
{
	struct file file = make(ID, "a.debug", 1);
	unsigned char *bytes = (unsigned char *)&file;
	const struct name_module module = {.path = in_folder("cut"), .build_id = ID};
	struct elfs_found found;
	size_t at;

	(void)state;
	for (at = 0; at < 2 * sizeof(file); at++) {
		unsigned char was = bytes[at / 2];

		bytes[at / 2] = at % 2 ? 0xff : 0x7f;
		put_bytes("cut", bytes, at % 2 ? sizeof(file) : at / 2);
		elfs_find(&plain, &module, &found);
		if (found.image) {
			elf_image_free(elfs_find_debug(&plain, found.image, NULL));
		}
		elf_image_free(found.image);
		free(found.differs);
		free(found.differs_id);
		bytes[at / 2] = was;
	}
}

static void symfs_and_search(void **state)
{
	char search[512], ids[512];
	const char *searches[] = {search, ids};
	struct name_options options = {.searches = searches, .search_count = 2};

	(void)state;
	snprintf(search, sizeof(search), "%s", in_folder("search"));
	snprintf(ids, sizeof(ids), "%s", in_folder("ids"));
	put("root/opt/app/server", ID);
	put("search/library.so", ID);
	put("ids/.build-id/00/"
	    "112233445566778899aabbccddeeff00112233",
	    ID);
	put("ids/.build-id/ff/"
	    "112233445566778899aabbccddeeff00112233",
	    ID);
	check(&options, "/opt/lib/library.so", ID, NAME_FILE_OK, "search");
	check(&options, "/opt/lib/library.so", NULL, NAME_FILE_OK, "search");
	check(&options, "/opt/lib/renamed.so", ID, NAME_FILE_OK, "build-id");
	check(&options, "/opt/lib/renamed.so", OTHER_ID, NAME_FILE_DIFFERS, NULL);
	check(&options, "/opt/lib/renamed.so", "../../../x", NAME_FILE_MISSING, NULL);
	options.symfs = in_folder("root");
	options.search_count = 0;
	check(&options, "/opt/app/server", ID, NAME_FILE_OK, "symfs");
	check(&options, "/bin/sh", NULL, NAME_FILE_MISSING, NULL);
}

/* The very mapping of a living process serves when its file is gone. */
static void living_process(void **state)
{
	struct name_options options = {.pid = getpid()};
	struct name_module module = {.build_id = ID};
	struct elfs_found found;
	char path[512];
	void *mapping;
	int fd;

	(void)state;
	put("living", ID);
	snprintf(path, sizeof(path), "%s", in_folder("living"));
	check(&options, path, ID, NAME_FILE_OK, "/proc/PID/root");
	fd = open(path, O_RDONLY | O_CLOEXEC);
	mapping = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
	assert_ptr_not_equal(mapping, MAP_FAILED);
	close(fd);
	unlink(path);
	put("living", OTHER_ID);
	module.path = path;
	module.start = (uint64_t)(uintptr_t)mapping;
	module.end = module.start + 4096;
	elfs_find(&options, &module, &found);
	/* Reading map_files takes a privilege that a test may lack. */
	if (found.image) {
		assert_string_equal(found.how, "/proc/PID/map_files");
		assert_string_equal(found.image->build_id, ID);
	} else {
		assert_int_equal(found.state, NAME_FILE_DIFFERS);
	}
	elf_image_free(found.image);
	free(found.differs);
	free(found.differs_id);
	munmap(mapping, 4096);
}

static struct elf_image *debug_of(const char *name)
{
	struct elf_image *image, *debug;

	assert_int_equal(elf_image_open(&image, in_folder(name), NULL), 0);
	debug = elfs_find_debug(&plain, image, NULL);
	elf_image_free(image);
	return debug;
}

static void debug_link(void **state)
{
	struct file debug = make(ID, NULL, 0), stripped;
	uint32_t crc;
	struct elf_image *found;
	char bytes[sizeof(debug) + 8] = {0};

	(void)state;
	memcpy(bytes, &debug, sizeof(debug));
	crc = (uint32_t)crc32(0, (const unsigned char *)bytes, sizeof(bytes));
	stripped = make(OTHER_ID, "prog.debug", crc);
	put_bytes(".debug/prog.debug", bytes, sizeof(bytes));
	put_bytes("prog", &stripped, sizeof(stripped));
	assert_null(debug_of("prog"));
	stripped = make(ID, "prog.debug", crc);
	put_bytes("prog", &stripped, sizeof(stripped));
	found = debug_of("prog");
	assert_non_null(found);
	assert_non_null(strstr(found->path, ".debug/prog.debug"));
	elf_image_free(found);
	bytes[sizeof(debug)] = 1;
	put_bytes(".debug/prog.debug", bytes, sizeof(bytes));
	assert_null(debug_of("prog"));
}

/* A server by its protocol, without a network: libcurl reads file: addresses, too. */
static void from_server(void **state)
{
	char url[600], cache[512];
	struct elf_image *debug;

	(void)state;
	snprintf(url, sizeof(url), "file://%s", in_folder("server"));
	snprintf(cache, sizeof(cache), "%s", in_folder("cache"));
	put("server/buildid/" ID "/executable", ID);
	put("server/buildid/" ID "/debuginfo", ID);
	put("server/buildid/" OTHER_ID "/executable", ID);
	put("served", ID);
	check(&plain, "/no/such/file", ID, NAME_FILE_MISSING, NULL);
	setenv("DEBUGINFOD_URLS", url, 1);
	setenv("DEBUGINFOD_CACHE_PATH", cache, 1);
	if (!dlopen("libdebuginfod.so.1", RTLD_NOW)) {
		unsetenv("DEBUGINFOD_URLS");
		skip();
	}
	check(&plain, "/no/such/file", ID, NAME_FILE_OK, "debuginfod");
	check(&plain, "/no/such/file", OTHER_ID, NAME_FILE_DIFFERS, NULL);
	debug = debug_of("served");
	assert_non_null(debug);
	assert_non_null(strstr(debug->path, "/debuginfo"));
	elf_image_free(debug);
	unsetenv("DEBUGINFOD_URLS");
	assert_null(debug_of("served"));
}

static void addresses(void **state)
{
	struct elf_image *image;
	struct elf_range range;
	uint64_t vaddr;

	(void)state;
	put("addresses", ID);
	assert_int_equal(elf_image_open(&image, in_folder("addresses"), NULL), 0);
	assert_string_equal(image->build_id, ID);
	assert_true(elf_image_vaddr(image, offsetof(struct file, code) + 3, &vaddr));
	assert_int_equal(vaddr, VADDR + 3);
	assert_false(elf_image_vaddr(image, 0, &vaddr));
	assert_false(elf_image_vaddr(image, sizeof(struct file), &vaddr));
	assert_false(elf_image_vaddr(image, UINT64_MAX, &vaddr));
	range = elf_image_at(image, VADDR + 60);
	assert_int_equal(range.size, 4);
	assert_int_equal(elf_image_at(image, VADDR + 64).size, 0);
	assert_true(elf_image_section(image, ".shstrtab", &range));
	assert_int_equal(range.size, 32);
	assert_false(elf_image_section(image, ".text", &range));
	elf_image_free(image);
}

/* The kernel's own code: its image lies in this process, too. */
static void vdso(void **state)
{
	const unsigned char *start = (const unsigned char *)getauxval(AT_SYSINFO_EHDR);
	const size_t size = 4096; /* at least that much is mapped */
	struct elf_image *image;
	struct elfs_found found;
	struct name_module module = {.path = "[vdso]"};

	(void)state;
	if (!start) {
		skip();
	}
	assert_int_equal(elf_image_take(&image, "copy", mem_copy(start, size), size, NULL), 0);
	assert_non_null(image->build_id);
	module.build_id = image->build_id;
	elfs_find(&plain, &module, &found);
	assert_int_equal(found.state, NAME_FILE_OK);
	assert_string_equal(found.how, "this kernel");
	assert_string_equal(found.image->build_id, image->build_id);
	elf_image_free(found.image);
	check(&plain, "[vdso]", OTHER_ID, NAME_FILE_ANONYMOUS, NULL);
	check(&plain, "[vdso]", NULL, NAME_FILE_ANONYMOUS, NULL);
	elf_image_free(image);
}

static void anonymous(void **state)
{
	static const char *const none[] = {"",		"[vdso]",	"[heap]",
					   "//anon",	"anon_inode:x", "/memfd:x",
					   "/SYSV0000", "relative",	NULL};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(none) / sizeof(*none); i++) {
		check(&plain, none[i], NULL, NAME_FILE_ANONYMOUS, NULL);
	}
	assert_false(elfs_anonymous("/bin/sh"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_path),
		cmocka_unit_test(differs_says_which),
		cmocka_unit_test(no_elf_file),
		cmocka_unit_test(cut_and_changed),
		cmocka_unit_test(symfs_and_search),
		cmocka_unit_test(living_process),
		cmocka_unit_test(debug_link),
		cmocka_unit_test(addresses),
		cmocka_unit_test(anonymous),
		cmocka_unit_test(from_server),
		cmocka_unit_test(vdso),
	};

	return cmocka_run_group_tests(tests, prepare, tidy);
}
