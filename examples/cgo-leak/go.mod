module cgo-leak

go 1.19
