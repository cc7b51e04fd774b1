/* SPDX-License-Identifier: Apache-2.0 */
/*
 * limit_many_fds.c - 17,000 descriptors are open before the first sample
 * host: root time=40
 */
#include "host.h"

int main(void)
{
	struct rlimit limit = {18000, 18000};
	int n = 0;

	NEED(setrlimit(RLIMIT_NOFILE, &limit) == 0, "no more descriptors to be had");
	while (n < 17000 && dup(0) >= 0) {
		n++;
	}
	churn(1, 5000);
	CHECK(fcntl(n + 2, F_GETFD) == 0 && fcntl(n + 3, F_GETFD) == -1);
	CHECK(close_range(3, ~0u, 0) == 0);
	churn(2, 2000);
	return done();
}
