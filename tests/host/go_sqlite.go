// SPDX-License-Identifier: Apache-2.0
// go_sqlite.go - a cgo program over SQLite, with several connections at once
// host: package=libsqlite3-dev time=60
package main

/*
#cgo LDFLAGS: -lsqlite3
#include <sqlite3.h>
#include <stdlib.h>

static int run(sqlite3 *db, const char *sql) { return sqlite3_exec(db, sql, 0, 0, 0); }
static long long one(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *s;
	long long r = -1;
	if (sqlite3_prepare_v2(db, sql, -1, &s, 0) == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW) {
		r = sqlite3_column_int64(s, 0);
	}
	sqlite3_finalize(s);
	return r;
}
*/
import "C"

import (
	"fmt"
	"sync"
	"unsafe"
)

func query(n int) int64 {
	var db *C.sqlite3
	name := C.CString(":memory:")
	defer C.free(unsafe.Pointer(name))
	if C.sqlite3_open(name, &db) != 0 {
		panic("open")
	}
	defer C.sqlite3_close(db)
	for _, sql := range []string{"create table t(a, b)",
		"with recursive c(x) as (select 1 union all select x + 1 from c where x < 5000) " +
			"insert into t select x, hex(x) from c", "create index i on t(b)"} {
		s := C.CString(sql)
		C.run(db, s)
		C.free(unsafe.Pointer(s))
	}
	s := C.CString(fmt.Sprintf("select sum(a * %d) from t where b like '3%%'", n))
	defer C.free(unsafe.Pointer(s))
	return int64(C.one(db, s))
}

func main() {
	var wg sync.WaitGroup
	results := make([]int64, 12)
	for i := range results {
		wg.Add(1)
		go func(i int) {
			defer wg.Done()
			results[i] = query(i)
		}(i)
	}
	wg.Wait()
	fmt.Println(results)
}
