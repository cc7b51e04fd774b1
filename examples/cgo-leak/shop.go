// SPDX-License-Identifier: Apache-2.0

package main

// #include <stdlib.h>
// #include "receipt.h"
import "C"

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"unsafe"
)

// One receipt of this many lines takes 16 KiB of C memory.
const receiptLines = 256

var errNoMemory = errors.New("no memory for a receipt")

// handleOrder answers one order: the body is the customer's letter. Two of the four functions that
// it calls forget C memory, the other two do the same work and give it back.
func handleOrder(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	letter := string(body)
	total, err := printReceipt(letter, r.URL.Query().Get("giftwrap") != "")
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	preview, err := previewReceipt(letter)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	fmt.Fprintf(w, "%d words, %d checked, total %d, preview %d\n",
		countWords(letter), checkWords(letter), total, preview)
}

// countWords leaks: the C string is never freed.
func countWords(letter string) int {
	text := C.CString(letter)
	return int(C.text_words(text))
}

// checkWords is right: the same, with the free that belongs to it.
func checkWords(letter string) int {
	text := C.CString(letter)
	defer C.free(unsafe.Pointer(text))
	return int(C.text_words(text))
}

// printReceipt leaks where the order is to be gift-wrapped: an early return forgets the close.
func printReceipt(letter string, giftwrap bool) (int64, error) {
	receipt := C.receipt_open(receiptLines)
	if receipt == nil {
		return 0, errNoMemory
	}
	fill(receipt, letter)
	total := int64(C.receipt_total(receipt))
	if giftwrap {
		return total + 250, nil
	}
	C.receipt_close(receipt)
	return total, nil
}

// previewReceipt is right: it closes what it opened, on every path.
func previewReceipt(letter string) (int64, error) {
	receipt := C.receipt_open(receiptLines)
	if receipt == nil {
		return 0, errNoMemory
	}
	defer C.receipt_close(receipt)
	fill(receipt, letter)
	return int64(C.receipt_total(receipt)), nil
}

func fill(receipt *C.struct_receipt, letter string) {
	item := C.CString(letter[:min40(len(letter))])
	defer C.free(unsafe.Pointer(item))
	for i := 0; i < 3; i++ {
		C.receipt_add(receipt, item, C.long(100*(i+1)))
	}
}

func min40(n int) int {
	if n < 40 {
		return n
	}
	return 40
}
