/* SPDX-License-Identifier: Apache-2.0 */
/*
 * thread_unwinders.cc - the program registers unwind tables for code of its own making
 * (__register_frame), throws through it, and takes them back
 */
#include "host.h"
#include <stdexcept>
#include <string>

extern "C" void __register_frame(void *);
extern "C" void __deregister_frame(void *);

/* sub rsp, 8; call rdi; add rsp, 8; ret - and its CIE and FDE */
static const unsigned char code[] = {0x48, 0x83, 0xec, 0x08, 0xff, 0xd7,
				     0x48, 0x83, 0xc4, 0x08, 0xc3};

struct tables {
	unsigned char bytes[128];
};

static void put4(unsigned char *&p, uint32_t v)
{
	memcpy(p, &v, 4);
	p += 4;
}

static void build(tables *t, const unsigned char *at)
{
	unsigned char *p = t->bytes, *cie = p;
	static const unsigned char cie_rest[] = {1, 0, 1, 0x78, 16, 0x0c, 7, 8, 0x90, 1, 0, 0};
	uint64_t start = reinterpret_cast<uint64_t>(at), size = sizeof(code);

	put4(p, 4 + sizeof(cie_rest));
	put4(p, 0);
	memcpy(p, cie_rest, sizeof(cie_rest));
	p += sizeof(cie_rest);
	unsigned char *fde = p;
	put4(p, 4 + 16 + 4);
	put4(p, static_cast<uint32_t>(p - cie));
	memcpy(p, &start, 8);
	p += 8;
	memcpy(p, &size, 8);
	p += 8;
	/* after 4 bytes the CFA is rsp + 16 */
	*p++ = 0x44;
	*p++ = 0x0e;
	*p++ = 16;
	*p++ = 0;
	put4(p, 0);
	(void)fde;
}

static void allocates()
{
	free(malloc(5000));
	KEEP(&code);
}

static void throws()
{
	throw std::runtime_error(std::string(200, 't'));
}

int main()
{
	unsigned char *page =
		static_cast<unsigned char *>(mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
						  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	int caught = 0;

	NEED(page != MAP_FAILED, "no writable and executable pages here");
	for (int i = 0; i < 100; i++) {
		auto *t = static_cast<tables *>(calloc(1, sizeof(tables)));
		memcpy(page + i * 16, code, sizeof(code));
		build(t, page + i * 16);
		__register_frame(t->bytes);
		auto fn = reinterpret_cast<void (*)(void (*)())>(page + i * 16);
		for (int k = 0; k < 50; k++) {
			fn(allocates);
		}
		try {
			fn(throws);
		} catch (const std::runtime_error &) {
			caught++;
		}
		__deregister_frame(t->bytes);
		free(t);
	}
	printf("caught %d\n", caught);
	return done();
}
