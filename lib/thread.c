/* SPDX-License-Identifier: Apache-2.0 */
/*
 * thread.c - the one TLS variable (thread.h)
 */
#include "thread.h"

_Thread_local struct thread thread_state;
