# SPDX-License-Identifier: Apache-2.0
#
# A program that is never run: functions at fixed addresses with fixed lines, so that dumps with
# addresses in them can be kept as files. tests/e2e/golden.sh assembles it at 0x401000. Each
# function is 16 bytes; the call in the middle returns to offset 8, which a dump shows.
	.file 1 "/src/shop/main.go"
	.file 2 "/src/shop/receipt.c"
	.file 3 "/usr/local/go/src/runtime/cgocall.go"
	.file 4 "/src/_cgo_gotypes.go"
	.file 5 "/usr/local/go/src/net/http/server.go"
	.file 6 "/src/shop/cgo-gcc-prolog"
	.text

	.macro function name, file, line
	.globl "\name"
	.type "\name", @function
"\name":
	.loc \file \line
	.rept 16
	nop
	.endr
	.size "\name", 16
	.endm

	function main.countWords 1 47            # 401000
	function main.printReceipt 1 60          # 401010
	function main.handle 1 31                # 401020
	function main.freesAll 1 70              # 401030
	function main.printReceipt.func1 1 60    # 401040
	function net/http.HandlerFunc.ServeHTTP 5 2286 # 401050
	function runtime.goexit 3 1              # 401060
	function runtime.cgocall 3 185           # 401070
	function runtime.asmcgocall 3 995        # 401080
	function main._Cfunc_CString 4 64        # 401090
	function main._cgo_cmalloc 4 122         # 4010a0
	function main._Cfunc_receipt_open 4 108  # 4010b0
	function _cgo_0123456789ab_Cfunc__Cmalloc 6 32     # 4010c0
	function _cgo_0123456789ab_Cfunc_receipt_open 6 77 # 4010d0
	function receipt_open 2 34               # 4010e0
	function page_new 2 12                   # 4010f0
