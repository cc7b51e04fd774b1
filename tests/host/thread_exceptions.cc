/* SPDX-License-Identifier: Apache-2.0 */
/*
 * thread_exceptions.cc - C++ exceptions through frames of C, across threads, rethrown, at exit, and
 * the forced unwind of a cancelled thread
 */
#include "host.h"
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

static int compare(const void *a, const void *b)
{
	std::string s(500, 'x');

	if (*static_cast<const int *>(a) == 13) {
		throw std::runtime_error("thirteen " + s.substr(0, 3));
	}
	return *static_cast<const int *>(a) - *static_cast<const int *>(b);
}

static void deep(int n)
{
	std::vector<std::string> v(3, std::string(100, 'v'));

	if (n == 0) {
		throw std::out_of_range(v[0]);
	}
	deep(n - 1);
	KEEP(v.data());
}

static int thrown;

static void *work(void *)
{
	for (int i = 0; i < 300; i++) {
		try {
			deep(i % 60);
		} catch (const std::exception &) {
			__atomic_add_fetch(&thrown, 1, __ATOMIC_RELAXED);
		}
		try {
			int n[] = {5, 13, 2, 8};
			qsort(n, 4, sizeof(int), compare);
		} catch (const std::runtime_error &e) {
			CHECK(std::string(e.what()) == "thirteen xxx");
			try {
				throw;
			} catch (...) {
				__atomic_add_fetch(&thrown, 1, __ATOMIC_RELAXED);
			}
		}
	}
	return nullptr;
}

static std::exception_ptr carried;

static void *throws_for_other(void *)
{
	try {
		deep(20);
	} catch (...) {
		carried = std::current_exception();
	}
	return nullptr;
}

static int unwound;

struct guard {
	std::string s = std::string(2000, 'g');
	~guard()
	{
		churn(3, 50);
		__atomic_add_fetch(&unwound, 1, __ATOMIC_RELAXED);
	}
};

static void *waits(void *)
{
	guard a;
	std::unique_ptr<guard> b(new guard);

	for (;;) {
		churn(1, 20);
		pthread_testcancel();
	}
}

static int uncaught()
{
	throw std::runtime_error("nobody catches this");
}

int main()
{
	pthread_t id;

	work(nullptr);
	crew(6, work);
	printf("thrown %d\n", thrown);
	pthread_create(&id, nullptr, throws_for_other, nullptr);
	pthread_join(id, nullptr);
	try {
		std::rethrow_exception(carried);
	} catch (const std::out_of_range &) {
		puts("carried over");
	}
	for (int i = 0; i < 50; i++) {
		pthread_create(&id, nullptr, waits, nullptr);
		if (i % 2) {
			pause_ms(1);
		}
		pthread_cancel(id);
		pthread_join(id, nullptr);
	}
	CHECK(unwound >= 50);
	fflush(stdout);
	printf("uncaught: %s\n", ended(reap(child(uncaught))));
	carried = nullptr;
	return done();
}
