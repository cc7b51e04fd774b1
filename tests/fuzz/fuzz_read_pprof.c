/* SPDX-License-Identifier: Apache-2.0 */
/* objects: tools/read_pprof.o tools/profile.o tools/finder.o tools/mem.o tools/err.o */
/* objects: tools/estimate.o gen/profile.pb-c.o */
/* fuzz_read_pprof - any bytes as profile.proto, gzipped here, through its reader
 *
 * make fuzz && build/fuzz/fuzz_read_pprof corpus/
 *
 * What must hold: no sanitizer report. */
#include "read_pprof.h"

#include <stdlib.h>
#include <zlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct profile *profile = profile_new();
	struct err err = {0};
	z_stream stream = {0};
	char *zipped = malloc(size + 4096);

	deflateInit2(&stream, 0, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
	stream.next_in = (Bytef *)(uintptr_t)data;
	stream.avail_in = (uInt)size;
	stream.next_out = (Bytef *)zipped;
	stream.avail_out = (uInt)size + 4096;
	deflate(&stream, Z_FINISH);
	const size_t count = stream.total_out;
	deflateEnd(&stream);
	read_pprof(zipped, count, profile, &err);
	free(zipped);
	profile_free(profile);
	return 0;
}
