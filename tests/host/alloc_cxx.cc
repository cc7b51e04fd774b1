/* SPDX-License-Identifier: Apache-2.0 */
/*
 * alloc_cxx.cc - operator new in all its forms, new handlers, bad_alloc, containers
 */
#include "host.h"
#include <functional>
#include <map>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <vector>

static int handled;

struct alignas(256) wide {
	char c[300];
};

static void handler()
{
	if (++handled == 3) {
		std::set_new_handler(nullptr);
	}
}

static void *work(void *)
{
	std::map<std::string, std::vector<int>> m;

	for (int i = 0; i < 3000; i++) {
		m[std::to_string(i % 500)].push_back(i);
		auto w = std::make_unique<wide>();
		CHECK((reinterpret_cast<uintptr_t>(w.get()) & 255) == 0);
		auto s = std::make_shared<std::string>(1000, 'x');
		std::function<size_t()> f = [s, i] { return s->size() + i; };
		CHECK(f() == 1000u + i);
	}
	CHECK(m.size() == 500);
	return nullptr;
}

int main()
{
	volatile size_t huge = PTRDIFF_MAX;
	bool caught = false;

	CHECK(::operator new(huge, std::nothrow) == nullptr);
	std::set_new_handler(handler);
	try {
		char *p = static_cast<char *>(::operator new(huge));
		KEEP(p);
	} catch (const std::bad_alloc &e) {
		caught = true;
	}
	printf("handler ran %d times, bad_alloc %d\n", handled, caught);
	caught = false;
	try {
		std::vector<char> v(huge / 2);
		KEEP(v.data());
	} catch (const std::bad_alloc &) {
		caught = true;
	} catch (const std::length_error &) {
		caught = true;
	}
	CHECK(caught);
	work(nullptr);
	crew(4, work);
	::operator delete(::operator new(100), 100);
	::operator delete[](::operator new[](100, std::align_val_t(512)), std::align_val_t(512));
	return done();
}
