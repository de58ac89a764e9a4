/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What all fuzzers of recordings have in common: a file out of the bytes that libFuzzer gives, and
 * results that are kept in memory. Frames have a checksum and are packed, which no chance gets
 * right: so the bytes are either the file itself, or what is in its frames, which is then packed as
 * a writer would. recording_mutator.c knows this form.
 *
 *   first byte:   what is done with it, for each fuzzer to divide up
 *   second byte:  0: the rest is a file
 *   else:         frames: kind, 16 bits of length, and so many bytes
 */
#ifndef WAITSCOPE_TESTS_FUZZ_RECORDING_INPUT_H
#define WAITSCOPE_TESTS_FUZZ_RECORDING_INPUT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct recording_input {
	unsigned int way; /* the first byte */
	const char *path; /* of the file; valid until the next one */
};

struct recording_input recording_input__make(const uint8_t *data, size_t size);

/* Ends the program if that is not so. */
void expect(int holds);

/* A stream whose bytes are in memory. */
struct result {
	FILE *stream;
	char *bytes;
	size_t size;
};

void result__begin(struct result *result);
/* Closes the stream: `bytes` is all that was written, and ends in NUL. */
void result__end(struct result *result);
/* The same, of text for a terminal; and frees it. */
void result__end_text(struct result *result);
void result__free(struct result *result);

#endif
