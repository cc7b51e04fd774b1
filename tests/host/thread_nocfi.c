/* SPDX-License-Identifier: Apache-2.0 */
/*
 * thread_nocfi.c - callers of malloc without unwind tables, with wrong ones, and odd stack pointers
 */
#include "host.h"

void *nocfi_plain(size_t size);
void *wrong_cfi(size_t size);
void *cfa_far_away(size_t size);
void *signal_frame(size_t size);
void *return_to_junk(size_t size);

__asm__(".text\n"
	".type nocfi_plain,@function\n"
	"nocfi_plain:\n"
	"	sub $1208, %rsp\n"
	"	call malloc@PLT\n"
	"	add $1208, %rsp\n"
	"	ret\n"
	".size nocfi_plain, .-nocfi_plain\n"
	".type wrong_cfi,@function\n"
	"wrong_cfi:\n"
	"	.cfi_startproc\n"
	"	.cfi_def_cfa rbp, 16\n"
	"	.cfi_offset rip, -4096\n"
	"	push %rbp\n"
	"	mov $12345, %rbp\n"
	"	call malloc@PLT\n"
	"	pop %rbp\n"
	"	ret\n"
	"	.cfi_endproc\n"
	".size wrong_cfi, .-wrong_cfi\n"
	".type cfa_far_away,@function\n"
	"cfa_far_away:\n"
	"	.cfi_startproc\n"
	"	.cfi_def_cfa rsp, 0x40000000\n"
	"	sub $8, %rsp\n"
	"	call malloc@PLT\n"
	"	add $8, %rsp\n"
	"	ret\n"
	"	.cfi_endproc\n"
	".size cfa_far_away, .-cfa_far_away\n"
	".type signal_frame,@function\n"
	"signal_frame:\n"
	"	.cfi_startproc\n"
	"	.cfi_signal_frame\n"
	"	.cfi_def_cfa rsp, 8\n"
	"	.cfi_same_value rip\n"
	"	sub $8, %rsp\n"
	"	call malloc@PLT\n"
	"	add $8, %rsp\n"
	"	ret\n"
	"	.cfi_endproc\n"
	".size signal_frame, .-signal_frame\n"
	".type return_to_junk,@function\n"
	"return_to_junk:\n"
	"	.cfi_startproc\n"
	"	.cfi_def_cfa rsp, 16\n"
	"	mov (%rsp), %rax\n"
	"	push %rbx\n"
	"	mov %rax, %rbx\n"
	"	movq $0x1234, 8(%rsp)\n"
	"	call malloc@PLT\n"
	"	mov %rbx, 8(%rsp)\n"
	"	pop %rbx\n"
	"	ret\n"
	"	.cfi_endproc\n"
	".size return_to_junk, .-return_to_junk\n");

static __attribute__((noinline)) void *through(void *(*fn)(size_t), size_t size)
{
	void *p = fn(size);

	KEEP(p);
	return p;
}

static void *attack(void *arg)
{
	void *(*const all[])(size_t) = {nocfi_plain, wrong_cfi, cfa_far_away, signal_frame,
					return_to_junk};

	for (int round = 0; round < 500; round++) {
		for (int i = 0; i < 5; i++) {
			free(through(all[i], 3000));
		}
	}
	return arg;
}

int main(void)
{
	attack(NULL);
	crew(3, attack);
	return done();
}
