/* SPDX-License-Identifier: Apache-2.0 */
/*
 * alloc_exit.cc - destructors that allocate: thread_local objects, statics, pthread keys that set
 * themselves anew, and threads that still allocate while the program exits
 */
#include "host.h"
#include <memory>
#include <string>
#include <vector>

struct late {
	std::vector<std::string> words;
	late()
	{
		for (int i = 0; i < 100; i++) {
			words.push_back(std::string(static_cast<size_t>(i) * 7, 'w'));
		}
	}
	~late()
	{
		std::vector<std::string> copy(words);
		copy.push_back("more");
		churn(7, 300);
	}
};

static late statics;
static thread_local late locals;
static pthread_key_t key;
static int rounds;

static void again(void *p)
{
	free(p);
	churn(3, 100);
	if (__atomic_add_fetch(&rounds, 1, __ATOMIC_RELAXED) < 1000) {
		pthread_setspecific(key, malloc(100));
	}
}

static void *thread(void *arg)
{
	CHECK(locals.words.size() == 100);
	pthread_setspecific(key, malloc(50));
	return arg;
}

static void *forever(void *)
{
	for (unsigned i = 0;; i++) {
		churn(i, 100);
	}
	return nullptr;
}

int main()
{
	pthread_t id;

	pthread_key_create(&key, again);
	for (int i = 0; i < 20; i++) {
		crew(4, thread);
	}
	printf("key destructors ran %d times\n", rounds);
	int result = done();
	MUST(pthread_create(&id, nullptr, forever, nullptr) == 0);
	MUST(pthread_create(&id, nullptr, forever, nullptr) == 0);
	CHECK(statics.words.size() + locals.words.size() == 200);
	return result;
}
