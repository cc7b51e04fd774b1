// SPDX-License-Identifier: Apache-2.0
// unwind_step.cc - C++ that throws, for unwind_step.c
#include <stdexcept>
#include <string>

extern "C" void thrower();

static volatile int sink;

struct guard {
	~guard() { sink = sink + 1; }
};

static __attribute__((noinline)) int inner(int k)
{
	guard g;
	volatile char room[64] __attribute__((aligned(64)));

	room[k] = 1;
	if (sink >= 0) {
		throw std::runtime_error("thrown");
	}
	return room[k];
}

void thrower()
{
	try {
		guard g;
		sink = sink + inner(3);
	} catch (const std::exception &e) {
		sink = sink + e.what()[0];
	}
}
