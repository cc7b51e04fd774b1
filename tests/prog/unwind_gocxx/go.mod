module unwind_gocxx

go 1.18
