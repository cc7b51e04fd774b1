// SPDX-License-Identifier: Apache-2.0
// throws.cc - the C++ half of unwind_gocxx
#include <dlfcn.h>
#include <stdexcept>
#include <string>

extern "C" {
int gocxx_start(void);
int gocxx_run(int k);
void gocxxCheck(void);
void gocxxCalled(int k);
int gocxx_n;
unsigned gocxx_flags;
unsigned long gocxx_pcs[1001];
}

static int (*probe)(unsigned long *, int, unsigned *);

static __attribute__((noinline)) void walk()
{
	gocxx_n = probe(gocxx_pcs, 1000, &gocxx_flags);
	gocxxCheck();
}

struct guard {
	std::string name;
	~guard() { walk(); } // while the exception travels
};

static __attribute__((noinline)) void thrower(int k)
{
	guard g{std::string(100, 'g')};

	if (k > 0) {
		gocxxCalled(k - 1); // Go, and C++ that throws and catches again below it
	}
	throw std::runtime_error("thrown " + std::to_string(k));
}

static __attribute__((noinline)) int middle(int k)
{
	guard g{"middle"};
	volatile char room[64] __attribute__((aligned(64)));

	room[k] = 1;
	thrower(k);
	return room[k];
}

int gocxx_start(void)
{
	*(void **)&probe = dlsym(RTLD_DEFAULT, "probe_walk");
	return probe != nullptr;
}

int gocxx_run(int k)
{
	try {
		try {
			return middle(k);
		} catch (const std::logic_error &) {
			return -1;
		} catch (const std::runtime_error &) {
			walk();
			throw;
		}
	} catch (const std::exception &e) {
		walk();
		return e.what()[0];
	}
}
